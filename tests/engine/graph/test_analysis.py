import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.flat.regions import find_regions
from celtint.engine.graph.analysis import FrameAnalysis
from celtint.engine.graph.measure import analyse


@pytest.fixture
def analysis(boxes):
    return analyse(boxes((20, 20, 60, 40), (120, 30, 50, 90)), FlatSettings())


def test_arrays_come_back(analysis):
    back = FrameAnalysis.from_arrays(analysis.to_arrays())
    for name, array in analysis.to_arrays().items():
        assert np.array_equal(getattr(back, name), array)
    assert back.embedding is None


def test_the_regions_come_back_as_they_were_found(analysis, boxes):
    found = find_regions(boxes((20, 20, 60, 40), (120, 30, 50, 90)), FlatSettings())
    back = analysis.regions()
    assert np.array_equal(back.label, found.label)
    assert np.array_equal(back.paper, found.paper)
    assert np.array_equal(back.area_px, found.area_px)
    assert np.allclose(back.centre_px, found.centre_px, atol=1e-3)


def test_missing_unknown_and_misshapen_arrays_are_refused(analysis):
    arrays = analysis.to_arrays()
    with pytest.raises(ValueError, match="lack \\['area_px'\\]"):
        FrameAnalysis.from_arrays({k: v for k, v in arrays.items() if k != "area_px"})
    with pytest.raises(ValueError, match="\\['colour'\\] that are unknown"):
        FrameAnalysis.from_arrays(arrays | {"colour": arrays["area_px"]})
    with pytest.raises(ValueError, match="centre_px: expected float32"):
        FrameAnalysis.from_arrays(arrays | {"centre_px": arrays["centre_px"][:-1]})
    with pytest.raises(ValueError, match="edge_px: expected int32"):
        FrameAnalysis.from_arrays(arrays | {"edge_px": arrays["edge_px"].astype(np.int64)})
