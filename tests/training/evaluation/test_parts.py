from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from celtint.training.evaluation.parts import Part, key_of, read_part, write_part
from celtint.training.evaluation.scoring import FrameScore
from celtint.training.metrics import Flips, RegionScore, WarpError

SCORE = FrameScore(
    psnr=20.5,
    psnr_paper=19.0,
    ssim=0.9,
    within=0.5,
    regions=RegionScore(regions=4, regions_right=3, background_iou=0.5),
    flips=Flips(2, 1),
    warp=WarpError(0.25, 9),
    true_warp=WarpError(),
    chroma=0.2,
    true_chroma=0.3,
)


@pytest.fixture
def part() -> Part:
    pictures = np.arange(24, dtype=np.uint8).reshape(1, 2, 4, 3)
    return Part([SCORE], [None], np.ones((1, 5), np.float32), {"seen": pictures}, 1.5)


def test_a_part_comes_back_as_it_was(tmp_path: Path, part: Part) -> None:
    write_part(tmp_path / "parts", "k", part)
    back = read_part(tmp_path / "parts", "k")
    assert back is not None
    assert (back.painted, back.snapped, back.seconds) == ([SCORE], [None], 1.5)
    np.testing.assert_array_equal(back.features, part.features)
    np.testing.assert_array_equal(back.thumbnails["seen"], part.thumbnails["seen"])
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["k.npz"]


def test_what_is_missing_or_cut_off_is_not_there(tmp_path: Path, part: Part) -> None:
    assert read_part(tmp_path, "k") is None
    write_part(tmp_path, "k", part)
    whole = (tmp_path / "k.npz").read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"nothing"):
        (tmp_path / "k.npz").write_bytes(content)
        assert read_part(tmp_path, "k") is None


def test_keys_tell_every_difference() -> None:
    assert key_of(a=1, b="x") == key_of(b="x", a=1)
    assert key_of(a=1, b="x") != key_of(a=1, b="y")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, part: Part) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        write_part(tmp_path / "file", "k", part)
