from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from celtint.plugin.blender.image_header import ImageHeader, read_header
from celtint.plugin.errors import FileError

MEADOW = Path(__file__).resolve().parents[3] / "samples" / "meadow"
LINE = MEADOW / "line" / "line.1001.exr"


def written(path: Path, **attributes: object) -> str:
    spec = oiio.ImageSpec(8, 6, 4, "half" if path.suffix == ".exr" else "uint8")
    for name, value in attributes.items():
        spec.attribute(name, value)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(np.zeros((6, 8, 4), np.float32)), output.geterror()
    assert output.close()
    return str(path)


def test_a_cropped_layered_file_tells_its_display_window_and_its_space() -> None:
    assert read_header(str(LINE)) == ImageHeader(1280, 720, "lin_ap1_scene", is_openexr=True)


def test_a_plain_exr_tells_no_space(tmp_path: Path) -> None:
    header = read_header(written(tmp_path / "a.exr"))

    assert header == ImageHeader(8, 6, None, is_openexr=True)


def test_the_space_that_celtint_wrote_comes_first(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.exr",
        **{"oiio:ColorSpace": "lin_rec709_scene", "celtint:colorspace": "Studio Linear"},
    )

    assert read_header(path) == ImageHeader(8, 6, "Studio Linear", is_openexr=True)


def test_a_png_is_display_referred(tmp_path: Path) -> None:
    header = read_header(written(tmp_path / "a.png"))

    assert header == ImageHeader(8, 6, "srgb_rec709_scene", is_openexr=False)


def test_other_formats_are_left_to_the_host(tmp_path: Path) -> None:
    assert read_header(written(tmp_path / "a.tif")) is None


def test_a_file_that_ends_in_its_header_is_damaged_wherever_it_ends(tmp_path: Path) -> None:
    whole = LINE.read_bytes()
    path = tmp_path / "a.exr"
    # The header ends before byte 600; what follows is not read.
    for length in range(4, 560, 7):
        path.write_bytes(whole[:length])
        with pytest.raises(FileError, match="damaged"):
            read_header(str(path))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nothing\.exr cannot be read: No such file"):
        read_header(str(tmp_path / "nothing.exr"))
