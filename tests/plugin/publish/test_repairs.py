"""Repairs leave the bytes that an undisturbed run leaves."""

from __future__ import annotations

import numpy as np
import pytest

from celtint.plugin.publish.gather import gather
from celtint.plugin.publish.judge import judge
from celtint.plugin.publish.options import Options, PublishOptions
from celtint.plugin.publish.repairs import RepairError, repair


def described(shot, options=None):
    return gather(str(shot.folder / "paint"), options or Options())


def wrong(shot):
    return {one.rule for one in judge(described(shot)) if one.findings}


def test_missing_frames_are_painted_and_the_others_not_touched(painted) -> None:
    whole = painted.tree()
    kept = painted.paint(1002).stat().st_mtime_ns
    painted.paint(1003).unlink()
    painted.paint(1006).unlink()
    assert repair(described(painted), "frame_range") == ["painted frames 1003,1006"]
    assert painted.tree() == whole
    assert painted.paint(1002).stat().st_mtime_ns == kept


def test_damaged_frames_are_painted_anew(painted) -> None:
    whole = painted.tree()
    data = bytearray(painted.paint(1004).read_bytes())
    data[-300:-100] = bytes(200)  # all chunks are there, and one does not unpack
    painted.paint(1004).write_bytes(data)
    assert wrong(painted) == {"decodes"}
    assert repair(described(painted), "decodes") == ["painted frames 1004 again"]
    assert painted.tree() == whole


@pytest.mark.parametrize("rule", ["windows", "colour_space", "provenance"])
def test_metadata_is_put_right_over_the_same_pixels(painted, tamper, rule) -> None:
    whole = painted.tree()
    if rule == "windows":
        tamper(painted.paint(1002), display=(0, 0, 60, 48), PixelAspectRatio=2.0)
    elif rule == "colour_space":
        tamper(painted.paint(1002), without=("chromaticities", "celtint:colorspace"))
    else:
        tamper(painted.paint(1002), without=("celtint:settings", "celtint:version"))
    assert wrong(painted) == {rule}
    assert repair(described(painted), rule) == ["wrote the metadata of frames 1002"]
    assert painted.tree() == whole


def test_other_padding_is_renamed_unless_the_name_is_taken(painted) -> None:
    whole = painted.tree()
    painted.paint(1003).rename(painted.folder / "paint" / "paint.01003.exr")
    assert repair(described(painted), "padding") == ["renamed paint.01003.exr to paint.1003.exr"]
    assert painted.tree() == whole
    second = painted.folder / "paint" / "paint.001003.exr"
    second.write_bytes(b"another")
    assert repair(described(painted), "padding") == []
    assert second.read_bytes() == b"another"


def test_leftovers_of_runs_and_of_publishing_are_removed(painted) -> None:
    whole = painted.tree()
    out = painted.folder / "out"
    (out / ".v002.tmp").mkdir(parents=True)
    (painted.folder / "paint" / ".paint.1003.4711.tmp.exr").write_bytes(b"half")
    (painted.folder / "paint" / ".celtint" / "paint.#.exr.holder.json").write_text("{}")
    options = Options(publish=PublishOptions(to=str(out)))
    assert len(described(painted, options).leftovers) == 3
    repair(described(painted, options), "leftovers")
    assert painted.tree() == whole
    assert not (out / ".v002.tmp").exists()
    assert described(painted, options).leftovers == ()


def test_nothing_is_painted_where_frames_that_stand_would_change(painted) -> None:
    drawing = painted.drawing(1)
    drawing[2, 2, 3] = 1
    painted.write(painted.line(1002), drawing)
    painted.paint(1006).unlink()
    before = painted.tree()
    with pytest.raises(RepairError, match="would also paint frames 1002"):
        repair(described(painted), "frame_range")
    assert painted.tree() == before


def test_metadata_of_pixels_that_celtint_did_not_paint_is_let_be(painted, tamper) -> None:
    tamper(painted.paint(1002), without=("chromaticities",), celtint__fingerprint="0" * 64)
    before = painted.tree()
    assert repair(described(painted), "colour_space") == []
    assert painted.tree() == before


def test_repaired_pixels_are_the_same_to_the_bit(painted, tamper) -> None:
    before = painted.read(painted.paint(1002))
    tamper(painted.paint(1002), PixelAspectRatio=2.0)
    repair(described(painted), "windows")
    after = painted.read(painted.paint(1002))
    for name, plane in before.items():
        np.testing.assert_array_equal(plane.view(np.uint16), after[name].view(np.uint16))
