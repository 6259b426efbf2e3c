from __future__ import annotations

import threading

import numpy as np
import pytest

from celtint.plugin.events import Finished
from celtint.plugin.publish.gather import gather
from celtint.plugin.publish.judge import judge
from celtint.plugin.publish.options import Options
from celtint.plugin.publish.scan import scan
from celtint.plugin.run import run_job

IN_BOX, IN_DISC = (20, 20), (24, 48)


def files(shot):
    return {frame: shot.paint(frame) for frame in range(1001, 1007)}


def swap(planes):
    """The box takes the disc's colour, paint and composite."""
    box = np.ones(planes["paint.R"].shape, bool)
    for name in ("paint.R", "paint.G", "paint.B"):
        box &= planes[name] == planes[name][IN_BOX]
    for name in ("paint.R", "paint.G", "paint.B"):
        own = planes[name.removeprefix("paint.")]
        own[box & (own == planes[name])] = planes[name][IN_DISC]
        planes[name][box] = planes[name][IN_DISC]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_however_many_threads_look_they_see_the_same(painted, tamper, threads) -> None:
    tamper(painted.paint(1003), swap)
    lineage = gather(str(painted.folder / "paint"), Options()).lineage
    seen: list[int] = []
    frames = scan(
        files(painted), lineage, Options(), is_flat=True, threads=threads, done=seen.append
    )
    assert seen == [one.frame for one in frames] == list(range(1001, 1007))
    assert [one.frame for one in frames if one.pixels.turned] == [1003, 1004]
    assert [len(one.pixels.colours) for one in frames] == [3, 3, 2, 3, 3, 3]


def test_every_file_is_opened_once_for_its_pixels(painted, monkeypatch) -> None:
    from celtint.plugin.publish import scan as module  # noqa: PLC0415

    opened, decode = [], module._decoded
    monkeypatch.setattr(
        module, "_decoded", lambda path, *rest: (opened.append(path), decode(path, *rest))[1]
    )
    described = gather(str(painted.folder / "paint"), Options())
    judge(described)
    assert sorted(opened) == sorted(files(painted).values())


def test_colour_that_flows_backwards_is_judged_against_the_frame_it_came_from(shot, tamper) -> None:
    shot.hint(1001).unlink()
    shot.write(shot.hint(1005), shot.dabs(step=4))
    last = run_job(shot.job(), lambda event: None, threading.Event())
    assert isinstance(last, Finished)
    tamper(shot.paint(1001), swap)
    described = gather(str(shot.folder / "paint"), Options())
    assert [one.frame for one in described.frames if one.pixels.turned] == [1001]
    (turned,) = described.frames[0].pixels.turned
    assert turned.source_frame == 1002
    assert [one.rule for one in judge(described) if one.findings] == ["flips"]


def test_a_hint_may_change_a_colour_from_a_frame_on(shot) -> None:
    """A lamp goes on: the box is dabbed again, in another colour, on the fourth frame.

    The old colour is dabbed on the frame before, else nobody knows when it goes on.
    """
    shot.write(shot.hint(1003), shot.dabs(step=2))
    hint = shot.dabs(step=3)
    red = hint[19, 19].copy()
    hint[(hint == red).all(-1)] = (0.1, 0.8, 0.2, 1)
    shot.write(shot.hint(1004), hint)
    last = run_job(shot.job(), lambda event: None, threading.Event())
    assert isinstance(last, Finished)
    described = gather(str(shot.folder / "paint"), Options())
    assert not any(one.findings for one in judge(described))
    assert len({colour for one in described.frames for colour in one.pixels.colours}) == 4


def test_what_is_no_image_is_a_frame_with_an_error(painted) -> None:
    painted.paint(1002).write_bytes(b"no image at all")
    painted.paint(1004).unlink()
    painted.paint(1004).mkdir()
    frames = scan(files(painted), None, Options(), is_flat=True)
    assert [one.frame for one in frames if one.error] == [1002, 1004]
    assert "is no EXR, PNG or TIFF file" in frames[1].error
    assert frames[1].header is None


def test_without_lineage_pixels_are_looked_at_all_the_same(painted, tamper) -> None:
    tamper(painted.paint(1003), swap)
    frames = scan(files(painted), None, Options(), is_flat=True)
    assert [one.frame for one in frames if one.pixels.turned] == [1003, 1004]
    assert frames[0].pixels.hint_colours == frozenset()
    assert scan({}, None, Options(), is_flat=True) == ()


def test_painted_frames_are_not_judged_as_flat_ones(painted, tamper) -> None:
    tamper(painted.paint(1003), swap)
    frames = scan(files(painted), None, Options(), is_flat=False)
    assert not any(one.pixels.turned or one.pixels.colours for one in frames)
