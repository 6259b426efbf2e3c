"""Whole runs on real files: what is written, what is kept, and what stays when a run ends early."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import celtint.plugin.reading
import celtint.plugin.run
import celtint.plugin.writing
from celtint.engine.painted.painter import NetworkPainter
from celtint.plugin.events import (
    BAD_INPUT,
    BUSY,
    FAILED_MIDWAY,
    INTERNAL,
    Cancelled,
    Checked,
    Event,
    Failed,
    Finished,
    FrameDone,
    Looked,
    Warned,
)
from celtint.plugin.hold import hold
from celtint.plugin.job import Output, Source
from celtint.plugin.run import run_job

FRAMES = list(range(1001, 1007))
CHANNELS = {"R", "G", "B", "A", "paint.R", "paint.G", "paint.B", "paint.A", "confidence.Y"}


def run(shot: Any, say: Callable[[Event], None] = lambda _: None, **changes: Any) -> list[Event]:
    events: list[Event] = []
    stop = threading.Event()

    def listen(event: Event) -> None:
        events.append(event)
        say(event)

    last = run_job(shot.job(**changes), listen, stop)
    assert events[-1] is last
    return events


def painted_frames(events: list[Event]) -> list[int]:
    return [event.frame for event in events if isinstance(event, FrameDone)]


def stop_after(frames: int, stop: threading.Event) -> Callable[[Event], None]:
    def listen(event: Event) -> None:
        if isinstance(event, FrameDone) and event.done >= frames:
            stop.set()

    return listen


def as_floats(colour: tuple[float, ...]) -> list[float]:
    return np.array(colour, np.float16).tolist()


def test_a_shot_is_painted_with_the_very_colours_of_its_hints(shot: Any) -> None:
    events = run(shot)

    assert isinstance(events[-1], Finished)
    assert shot.painted == FRAMES
    for step, frame in enumerate(FRAMES):
        pixels = shot.read(shot.paint(frame))
        assert set(pixels) == CHANNELS
        paint = np.stack([pixels[f"paint.{c}"] for c in "RGBA"], axis=-1)
        colours = {tuple(row) for row in paint.reshape(-1, 4).tolist()}
        assert colours == {
            (*as_floats((0.8, 0.1, 0.05)), 1.0),
            (*as_floats((0.1, 0.3, 0.7)), 1.0),
            (*as_floats((0.9, 0.85, 0.7)), 1.0),
        }
        assert paint[20, 14 + 2 * step].tolist() == [*as_floats((0.8, 0.1, 0.05)), 1.0]
        # Solid ink is the drawing's own, bit for bit.
        line = shot.read(shot.line(frame))
        solid = line["A"] == 1
        assert solid.any()
        for channel in "RGBA":
            np.testing.assert_array_equal(pixels[channel][solid], line[channel][solid])
        assert (pixels["confidence.Y"] > 0).all()


def test_a_host_that_shows_no_other_layer_gets_the_paint_under_the_line_alone(shot: Any) -> None:
    run(shot)
    whole = shot.read(shot.paint(1003))
    alone = Output(shot.job().out.path, layers="rgba")

    last = run(shot, out=alone)[-1]

    assert isinstance(last, Finished)
    assert last.kept == 0  # what stood there has other layers
    found = shot.read(shot.paint(1003))
    assert set(found) == set("RGBA")
    assert all(np.array_equal(found[name], whole[name]) for name in "RGBA")


def test_events_tell_the_whole_story(shot: Any) -> None:
    events = run(shot)
    *looked, checked, finished = (event for event in events if not isinstance(event, FrameDone))

    assert looked == [Looked(done=done, total=6) for done in range(1, 7)]
    assert isinstance(checked, Checked)
    assert (checked.frames, checked.kept, checked.hint_frames) == (6, 0, [1001])
    assert sorted(painted_frames(events)) == FRAMES
    progress = [event for event in events if isinstance(event, FrameDone)]
    assert [event.done for event in progress] == [1, 2, 3, 4, 5, 6]
    assert progress[-1].seconds_left == 0
    assert all(event.frames_per_s > 0 for event in progress)
    assert isinstance(finished, Finished)
    assert (finished.frames, finished.painted, finished.kept) == (6, 6, 0)
    stages = {"read", "ink", "analyse", "match", "solve", "paint", "compose", "encode"}
    assert stages <= set(finished.stages_s)
    assert (finished.doubtful, finished.unpainted) == (0, 0)
    assert finished.peak_memory_mb > 10
    assert Path(finished.path).parent == shot.folder / "paint"


def test_painted_frames_say_what_they_were_made_from(shot: Any) -> None:
    shot.write(shot.line(1002), shot.drawing(1), Artist="Ada", reelName="A001")
    hint = shot.dabs(step=3)
    hint[:10] = 0
    hint[22:26, 46:50] = (0.2, 0.6, 0.1, 1)  # another colour for the disc
    shot.write(shot.hint(1004), hint)
    run(shot, settings={"gap_px": 2})
    said = shot.metadata(shot.paint(1002))

    assert said["Artist"] == "Ada"
    assert said["celtint:frame"] == 1002
    assert shot.metadata(shot.paint(1001))["celtint:hint_frames"] == "1001"
    # Where the colours that are to be seen there were dabbed first.
    assert shot.metadata(shot.paint(1004))["celtint:hint_frames"] == "1001,1004"
    assert '"gap_px": 2.0' in said["celtint:settings"]
    assert {"celtint:version", "celtint:fingerprint", "celtint:job"} <= set(said)
    assert not said.get("DateTime")


def test_the_same_job_gives_the_same_bytes(shot: Any) -> None:
    run(shot)
    first = shot.tree()
    for path in (shot.folder / "paint").glob("*.exr"):
        path.unlink()
    run(shot)

    assert shot.tree() == first


def test_a_second_run_has_nothing_to_do(shot: Any) -> None:
    run(shot)
    first = shot.tree()
    stamps = [shot.paint(frame).stat().st_mtime_ns for frame in FRAMES]
    events = run(shot)

    assert isinstance(events[-1], Finished)
    assert (events[-1].painted, events[-1].kept) == (0, 6)
    assert [shot.paint(frame).stat().st_mtime_ns for frame in FRAMES] == stamps
    assert shot.tree() == first


def test_what_was_removed_is_painted_again_to_the_byte(shot: Any) -> None:
    run(shot)
    first = shot.tree()
    shot.paint(1003).unlink()
    shot.paint(1005).write_bytes(shot.paint(1005).read_bytes()[:-100])
    events = run(shot)

    assert sorted(painted_frames(events)) == [1003, 1005]
    assert shot.tree() == first


def fresh(shot: Any, **changes: Any) -> dict[str, bytes]:
    """What a run from nothing leaves."""
    shutil.rmtree(shot.folder / "paint")
    run(shot, **changes)
    found: dict[str, bytes] = shot.tree()
    return found


def without_analyses(tree: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in tree.items() if "analysis" not in name}


def test_a_changed_drawing_repaints_what_changes_with_it_and_no_more(shot: Any) -> None:
    run(shot)
    shot.write(shot.line(1004), shot.drawing(4))
    assert 1004 in (painted := painted_frames(run(shot)))
    assert len(painted) < 6
    kept = without_analyses(shot.tree())
    assert without_analyses(fresh(shot)) == kept


def test_a_changed_hint_repaints_what_changes_with_it_and_no_more(shot: Any) -> None:
    hint = shot.dabs(step=3)
    shot.write(shot.hint(1004), hint)
    run(shot)
    hint[22:26, 46:50] = (0.2, 0.6, 0.1, 1)  # another colour for the disc
    shot.write(shot.hint(1004), hint)

    painted = painted_frames(run(shot))
    assert 1004 in painted
    assert 1001 not in painted, "its own dabs say what it is"
    kept = without_analyses(shot.tree())
    assert shot.read(shot.paint(1004))["paint.R"][24, 48] == np.float16(0.2)
    assert without_analyses(fresh(shot)) == kept, (
        "kept and repainted frames are what a fresh run gives"
    )

    shot.hint(1004).unlink()
    run(shot)
    kept = without_analyses(shot.tree())
    assert shot.read(shot.paint(1004))["paint.R"][24, 48] == np.float16(0.1)
    assert without_analyses(fresh(shot)) == kept


def test_a_dab_that_says_what_is_painted_already_repaints_nothing(shot: Any) -> None:
    shot.write(shot.hint(1004), shot.dabs(step=3))
    run(shot)
    hint = shot.dabs(step=3)
    hint[18:22, 20:24] = hint[18, 18]  # one more dab in the same box
    shot.write(shot.hint(1004), hint)
    assert painted_frames(run(shot)) == []


def test_no_drawing_is_decoded_to_learn_that_nothing_changed(shot: Any, decoded: list[str]) -> None:
    run(shot)
    decoded.clear()
    events = run(shot)
    assert decoded == ["hint.1001.exr"]
    assert not [event for event in events if isinstance(event, Looked)]

    shot.write(shot.line(1003), shot.drawing(2), Artist="Ada")  # the same picture in another file
    decoded.clear()
    assert painted_frames(run(shot)) == [1003], "what the file says is handed on"
    assert set(decoded) == {"line.1003.exr", "hint.1001.exr"}


@pytest.mark.parametrize("damage", ["gone", "one gone", "cut", "swapped"])
def test_analyses_that_are_gone_or_damaged_are_made_again(shot: Any, damage: str) -> None:
    run(shot)
    whole = shot.tree()
    for path in (shot.folder / "paint").glob("*.exr"):
        path.unlink()
    kept = sorted((shot.folder / "paint" / ".celtint" / "analysis").iterdir())
    drawings = [path for path in kept if path.suffix == ".drawing"]
    assert len(drawings) == 6
    assert len(kept) > len(drawings)
    if damage == "gone":
        shutil.rmtree(kept[0].parent)
    elif damage == "one gone":
        drawings[2].unlink()
    elif damage == "cut":
        for path in kept:
            path.write_bytes(path.read_bytes()[:-9])
    else:
        drawings[2].write_bytes(b"something else")
        kept[-1].write_bytes(drawings[1].read_bytes())
    run(shot)
    assert shot.tree() == whole


def test_other_settings_repaint_everything(shot: Any) -> None:
    run(shot)

    assert sorted(painted_frames(run(shot, settings={"gap_px": 1}))) == FRAMES


def test_a_longer_range_keeps_what_it_does_not_change(shot: Any) -> None:
    run(shot, frames="1001-1004")

    painted = painted_frames(run(shot))
    assert {1005, 1006} <= set(painted)
    assert 1001 not in painted, "its own dabs say what it is"
    kept = without_analyses(shot.tree())
    assert without_analyses(fresh(shot)) == kept


def test_hints_in_the_middle_flow_both_ways(shot: Any) -> None:
    shot.hint(1001).rename(shot.hint(1004))
    shot.write(shot.hint(1004), shot.dabs(step=3))
    run(shot)

    assert shot.read(shot.paint(1001))["paint.R"][20, 14] == np.float16(0.8)
    assert shot.read(shot.paint(1006))["paint.R"][20, 24] == np.float16(0.8)


def test_windows_that_differ_are_painted_on_one_paper(shot: Any) -> None:
    whole = run(shot) and shot.read(shot.paint(1003))
    display = (0, 0, 64, 48)
    for frame in FRAMES:
        shot.paint(frame).unlink()
    shot.write(shot.line(1003), shot.drawing(2)[6:40, 4:60], origin=(4, 6), display=display)
    run(shot)

    for name, plane in shot.read(shot.paint(1003)).items():
        np.testing.assert_array_equal(plane, whole[name], err_msg=name)


def test_line_art_on_white_paper_is_painted_too(shot: Any) -> None:
    for step, frame in enumerate(FRAMES):
        grey = 1.0 - shot.drawing(step)[..., 3:]
        shot.write(shot.line(frame), grey, ("Y",))
    events = run(shot)

    assert isinstance(events[-1], Finished)
    pixels = shot.read(shot.paint(1003))
    assert pixels["R"][20, 18] == np.float16(0.8)
    assert pixels["A"].min() == 1


def test_a_hint_that_contradicts_another_is_told(shot: Any) -> None:
    hint = shot.dabs()
    hint[14:17, 12:15] = (0.0, 0.5, 0.0, 1.0)  # green, in the box that is dabbed red
    shot.write(shot.hint(1001), hint)
    warnings = [event.message for event in run(shot) if isinstance(event, Warned)]

    assert len(warnings) == 1
    assert "Frame 1001" in warnings[0]


@pytest.mark.parametrize("network", ["weights", "guided_weights"])
def test_the_painted_finish_runs_and_resumes_the_same_way(
    shot: Any, network: str, request: pytest.FixtureRequest
) -> None:
    weights = request.getfixturevalue(network)
    painted = {"finish": "painted", "model": str(weights), "settings": {"precision": "fp32"}}
    assert isinstance(run(shot, **painted)[-1], Finished)
    whole = shot.tree()
    said = shot.metadata(shot.paint(1003))
    assert said["celtint:finish"] == "painted"
    assert len(said["celtint:model"]) == 64
    pixels = shot.read(shot.paint(1003))
    assert np.ptp(pixels["paint.R"].astype(np.float32)) > 0

    shot.paint(1004).unlink()
    assert painted_frames(run(shot, **painted)) == [1004]
    assert shot.tree() == whole


@pytest.mark.parametrize("hinted", [1001, 1004])
@pytest.mark.parametrize("network", ["weights", "guided_weights"])
def test_a_painted_run_that_was_stopped_paints_only_what_is_left(
    shot: Any,
    network: str,
    hinted: int,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weights = request.getfixturevalue(network)
    shot.hint(1001).rename(shot.hint(hinted))
    painted = {"finish": "painted", "model": str(weights), "settings": {"precision": "fp32"}}
    run(shot, **painted)
    whole = shot.tree()
    for frame in FRAMES:
        shot.paint(frame).unlink()
    stop = threading.Event()
    last = run_job(shot.job(**painted), stop_after(2, stop), stop)
    assert isinstance(last, Cancelled)

    steps = []
    step = NetworkPainter.step
    monkeypatch.setattr(NetworkPainter, "step", lambda *given: steps.append(1) or step(*given))
    left = set(FRAMES) - set(shot.painted)
    assert set(painted_frames(run(shot, **painted))) == left
    assert len(steps) == len(left)
    assert shot.tree() == whole


# Ends before the end


def test_bad_input_is_told_with_every_problem_and_nothing_is_written(shot: Any) -> None:
    shot.line(1002).unlink()
    (last,) = run(shot, settings={"blur": 1})

    assert isinstance(last, Failed)
    assert last.exit_code == BAD_INPUT
    assert len(last.problems) == 2
    assert not (shot.folder / "paint").exists()


def test_a_run_that_is_stopped_goes_on_later_to_the_same_bytes(shot: Any) -> None:
    run(shot)
    whole = shot.tree()
    for frame in FRAMES:
        shot.paint(frame).unlink()
    stop = threading.Event()
    last = run_job(shot.job(), stop_after(1, stop), stop)

    assert isinstance(last, Cancelled)
    assert last.painted == len(shot.painted)
    assert 1 <= last.painted < 6
    assert last.painted + last.left == 6
    run(shot)
    assert shot.tree() == whole


def test_a_run_that_is_stopped_before_it_began_writes_nothing(shot: Any) -> None:
    stop = threading.Event()
    stop.set()

    assert run_job(shot.job(), lambda _: None, stop) == Cancelled(painted=0, left=0)
    assert not (shot.folder / "paint").exists()


def test_the_second_run_on_one_output_is_refused_with_the_first_ones_name(shot: Any) -> None:
    with hold(shot.folder / "paint", "paint.#.exr"):
        out = Output(str(shot.folder / "paint" / "paint.%04d.exr"))
        last = run(shot, out=out)[-1]

    assert isinstance(last, Failed)
    assert last.exit_code == BUSY
    assert f"process {os.getpid()}" in last.problems[0]
    assert shot.painted == []


def test_frames_that_are_cut_off_are_named_before_anything_is_painted(shot: Any) -> None:
    data = shot.line(1004).read_bytes()
    shot.line(1004).write_bytes(data[: len(data) * 2 // 3])
    shot.line(1006).write_bytes(data[: len(data) * 2 // 3])
    last = run(shot)[-1]

    assert isinstance(last, Failed)
    assert last.exit_code == BAD_INPUT
    assert "Frame 1004" in last.problems[0]
    assert "line.1004.exr" in last.problems[0]
    assert "Frame 1006" in last.problems[1], "all of them are told at once"
    assert shot.painted == []

    shot.line(1004).write_bytes(data)
    shot.line(1006).write_bytes(data)
    assert sorted(painted_frames(run(shot))) == FRAMES


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_line_art_that_is_no_number_ends_the_run_by_name(shot: Any, value: float) -> None:
    drawing = shot.drawing(1)
    drawing[20, 30, 3] = value
    shot.write(shot.line(1002), drawing)
    last = run(shot)[-1]

    assert isinstance(last, Failed)
    assert last.exit_code == BAD_INPUT
    assert "line.1002.exr" in last.problems[0]
    assert "(30, 20)" in last.problems[0]
    assert shot.painted == []


@pytest.mark.parametrize("stage", ["looked at", "painted"])
def test_a_file_that_changes_under_the_run_ends_it(
    shot: Any, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    read_layer = celtint.plugin.reading.read_layer
    paint_flat = celtint.plugin.run.paint_flat
    changed = shot.line(1003)

    def change_and_read(path: Path, *arguments: Any, **options: Any) -> Any:
        if path == changed:
            shot.write(changed, shot.drawing(0))
        return read_layer(path, *arguments, **options)

    def change_and_paint(*arguments: Any, **options: Any) -> None:
        shot.write(changed, shot.drawing(0))
        paint_flat(*arguments, **options)

    if stage == "looked at":
        monkeypatch.setattr(celtint.plugin.reading, "read_layer", change_and_read)
    else:
        monkeypatch.setattr(celtint.plugin.run, "paint_flat", change_and_paint)
    last = run(shot)[-1]

    assert isinstance(last, Failed)
    assert "was changed while it was being painted" in last.problems[0]
    assert last.exit_code == (BAD_INPUT if stage == "looked at" else FAILED_MIDWAY)
    assert shot.painted == ([] if stage == "looked at" else [1001, 1002])


def test_a_fault_of_ours_is_told_as_one(shot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any, **options: Any) -> Any:
        raise ZeroDivisionError("the compositor")

    monkeypatch.setattr(celtint.plugin.writing, "compose_flat", broken)
    last = run(shot)[-1]

    assert isinstance(last, Failed)
    assert last.exit_code == INTERNAL
    assert "ZeroDivisionError" in last.problems[0]
    assert shot.painted == []


def test_what_a_dead_run_left_is_removed_and_what_others_own_is_not(shot: Any) -> None:
    folder = shot.folder / "paint"
    folder.mkdir()
    (folder / ".paint.1003.4711.tmp.exr").write_bytes(b"half a frame")
    others = [".mask.1003.4711.tmp.exr", ".paint.1003.exr", ".paint_b.1003.4711.tmp.exr"]
    for name in others:
        (folder / name).write_bytes(b"")
    run(shot)

    hidden = {path.name for path in folder.glob(".*") if path.is_file()}
    assert hidden == set(others)


def test_files_of_others_are_replaced_only_where_that_is_allowed(shot: Any) -> None:
    (shot.folder / "paint").mkdir()
    shot.paint(1002).write_bytes(b"something dear")
    last = run(shot)[-1]
    assert isinstance(last, Failed)
    assert last.exit_code == BAD_INPUT
    assert shot.paint(1002).read_bytes() == b"something dear"

    assert isinstance(run(shot, overwrite=True)[-1], Finished)
    assert set(shot.read(shot.paint(1002))) == CHANNELS


def test_layers_in_one_file_give_what_files_of_their_own_give(shot: Any) -> None:
    run(shot)
    apart = {frame: shot.read(shot.paint(frame)) for frame in FRAMES}
    names = [f"{layer}.{c}" for layer in ("line", "hint") for c in "RGBA"]
    for step, frame in enumerate(FRAMES):
        hint = shot.dabs() if step == 0 else np.zeros((48, 64, 4), np.float32)
        shot.write(shot.line(frame), np.concatenate([shot.drawing(step), hint], axis=2), names)
        shot.paint(frame).unlink()
    assert isinstance(run(shot, hint=None)[-1], Finished)

    for frame in FRAMES:
        for name, plane in shot.read(shot.paint(frame)).items():
            np.testing.assert_array_equal(plane, apart[frame][name], err_msg=f"{frame} {name}")


def test_one_image_is_painted_to_one_file(shot: Any) -> None:
    line = shot.line(1001).rename(shot.folder / "drawing.exr")
    hint = shot.hint(1001).rename(shot.folder / "dabs.exr")
    out = Output(str(shot.folder / "paint" / "picture.exr"))
    events = run(shot, line=Source(str(line)), hint=Source(str(hint)), out=out)

    assert isinstance(events[-1], Finished)
    assert set(shot.read(shot.folder / "paint" / "picture.exr")) == CHANNELS
