from __future__ import annotations

from pathlib import Path

import OpenImageIO as oiio
import pytest

from celtint.plugin.blender.blank import blank_exr
from celtint.plugin.blender.image_header import read_header


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (1280, 720), (17, 33), (5, 16)])
def test_another_reader_finds_a_transparent_image(size: tuple[int, int], tmp_path: Path) -> None:
    path = tmp_path / "hint.0001.exr"
    path.write_bytes(blank_exr(*size))

    image = oiio.ImageBuf(str(path))

    assert not image.has_error, image.geterror()
    spec = image.spec()
    assert (spec.width, spec.height, spec.full_width, spec.full_height) == (*size, *size)
    assert spec.channelnames == ("R", "G", "B", "A")
    assert str(spec.format) == "half"
    assert not image.get_pixels(oiio.FLOAT).any()
    header = read_header(str(path))
    assert header is not None
    assert (header.width, header.height) == size


def test_no_pixels_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one pixel, got 0x5"):
        blank_exr(0, 5)
