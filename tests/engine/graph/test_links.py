import numpy as np
import pytest

from celtint.engine.graph.links import Links


def test_arrays_come_back():
    links = Links.identity(3)
    back = Links.from_arrays(links.to_arrays())
    assert back.source.tolist() == back.target.tolist() == [0, 1, 2]
    assert not back.is_cut


def test_links_that_cannot_be_are_refused():
    arrays = Links.identity(3).to_arrays()
    with pytest.raises(ValueError, match="expected the arrays of links"):
        Links.from_arrays({"source": arrays["source"]})
    with pytest.raises(ValueError, match="one length"):
        Links.from_arrays(arrays | {"back": arrays["back"][:2]})
    with pytest.raises(ValueError, match="expected regions that there are"):
        Links.from_arrays(arrays | {"target": arrays["target"] + np.int32(1)})
