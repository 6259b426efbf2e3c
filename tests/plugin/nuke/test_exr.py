"""Pictures are compared, and not what a header says about when they were made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
import pytest

from celtint.plugin.nuke.exr import is_same_picture

Make = Callable[..., Path]
PIXELS = np.random.default_rng(1).random((45, 37, 4)).astype(np.float16)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def write(
        name: str,
        pixels: Any = PIXELS,
        *,
        compression: str = "zips",
        channels: tuple[str, ...] = ("R", "G", "B", "A"),
        origin: int = 0,
        tile: int = 0,
        **attributes: Any,
    ) -> Path:
        spec = OpenImageIO.ImageSpec(pixels.shape[1], pixels.shape[0], 4, "half")
        spec.channelnames = channels
        spec.x = origin
        spec.tile_width = spec.tile_height = tile
        spec.attribute("compression", compression)
        for key, value in attributes.items():
            spec.attribute(key, value)
        path = tmp_path / name
        out = OpenImageIO.ImageOutput.create(str(path))
        assert out.open(str(path), spec), out.geterror()
        assert out.write_image(pixels), out.geterror()
        assert out.close()
        return path

    return write


@pytest.mark.parametrize("compression", ["none", "rle", "zips", "zip", "piz", "dwaa", "dwab"])
def test_another_header_is_the_same_picture(make: Make, compression: str) -> None:
    one = make("one.exr", compression=compression)
    other = make("other.exr", compression=compression, note="made at another time", Software="x")

    assert one.read_bytes() != other.read_bytes()
    assert is_same_picture(one, other)


@pytest.mark.parametrize("compression", ["none", "zips", "zip", "piz"])
@pytest.mark.parametrize("at", [(0, 0), (44, 36), (20, 7)])
def test_one_other_value_is_another_picture(
    make: Make, compression: str, at: tuple[int, int]
) -> None:
    changed = PIXELS.copy()
    changed[at][2] += np.float16(0.01)

    one = make("one.exr", compression=compression)
    assert not is_same_picture(one, make("other.exr", changed, compression=compression))


@pytest.mark.parametrize(
    "change", [{"origin": 3}, {"channels": ("x.R", "x.G", "x.B", "x.A")}, {"compression": "zip"}]
)
def test_another_place_layer_or_packing_is_another_picture(
    make: Make, change: dict[str, Any]
) -> None:
    assert not is_same_picture(make("one.exr"), make("other.exr", **change))


def test_what_cannot_be_taken_apart_is_the_same_only_byte_for_byte(
    make: Make, tmp_path: Path
) -> None:
    one = make("one.exr", tile=32)
    other = make("other.exr", tile=32, note="later")
    cut = tmp_path / "cut.exr"
    cut.write_bytes(make("whole.exr").read_bytes()[:100])

    assert is_same_picture(one, one)
    assert not is_same_picture(one, other)
    assert not is_same_picture(cut, make("three.exr", note="n"))
    assert is_same_picture(cut, cut)
