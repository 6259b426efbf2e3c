from __future__ import annotations

import numpy as np
import pytest

from celtint.plugin.assembly import assemble, channels_of, stored_type
from celtint.plugin.composite import CHANNELS
from celtint.plugin.errors import FileError
from celtint.plugin.palette import cryptomatte

COMPOSED = np.linspace(0, 1, 2 * 3 * 9).reshape(2, 3, 9).astype(np.float16)
ENTRY = np.array([[0, 1, 3], [3, 1, 0]], np.int32)


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        ("all", CHANNELS),
        ("rgba", CHANNELS[:4]),
        ("all,index", (*CHANNELS, "palette.index")),
        ("cryptomatte, rgba", (*CHANNELS[:4], *cryptomatte.CHANNELS)),
        ("all,index,cryptomatte", (*CHANNELS, "palette.index", *cryptomatte.CHANNELS)),
    ],
)
def test_layers_are_channels(layers: str, wanted: tuple[str, ...]) -> None:
    assert channels_of(layers) == wanted
    found = assemble(layers, COMPOSED, ENTRY, ["a", "", "c"])
    assert found.channels == wanted
    assert found.pixels.shape == (2, 3, len(wanted))
    assert found.full == {name for name in wanted if stored_type(name) == "float"}
    assert (found.pixels.dtype == np.float32) == bool(found.full)
    base = CHANNELS if "all" in layers else CHANNELS[:4]
    assert np.array_equal(found.pixels[..., : len(base)], COMPOSED[..., : len(base)])


def test_the_index_is_the_number_and_the_hash_that_of_its_name() -> None:
    found = assemble("rgba,index,cryptomatte", COMPOSED, ENTRY, ["a", "", "c"])
    assert np.array_equal(found.pixels[..., 4], ENTRY)
    table = cryptomatte.table(["a", "", "c"])
    assert np.array_equal(found.pixels[..., 5], table[ENTRY, 0])
    assert np.array_equal(found.pixels[..., 6], ENTRY > 0)
    assert not found.pixels[..., 7:].any()


def test_more_colours_than_a_half_float_counts_are_refused() -> None:
    assemble("all,index", COMPOSED, np.full((2, 3), 2048, np.int32))
    with pytest.raises(FileError, match="more than 2048 colours"):
        assemble("all,index", COMPOSED, np.full((2, 3), 2049, np.int32))
