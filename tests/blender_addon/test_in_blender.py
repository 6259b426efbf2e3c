"""The extension in real Blenders, with the real worker, on frames of the sample shot."""

from __future__ import annotations

import os
import re
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
import pytest

from celtint.plugin.blender.build import build

Blender = Any


def layers(blender: Blender) -> str:
    return "all" if blender.shows_layered_files else "rgba"


def files_of(folder: Path | str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(Path(folder).glob("*.exr"))}


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_blenders_own_tool_packs_what_the_command_packs(blender: Blender, tmp_path: Path) -> None:
    with zipfile.ZipFile(blender.zip_file) as theirs, zipfile.ZipFile(build(tmp_path)) as ours:
        members = {name: theirs.read(name) for name in theirs.namelist() if name[-1] != "/"}

        assert members == {name: ours.read(name) for name in ours.namelist()}


def test_it_is_loaded_from_its_own_folder_alone(blender: Blender) -> None:
    result = blender.result("whole")

    assert result["paths"] == []
    assert {name.rpartition("bl_ext.user_default.celtint")[0] for name in result["modules"]} == {""}


def test_two_strips_selected_give_what_the_command_gives(
    blender: Blender, painted_by_command: Any
) -> None:
    result = blender.result("whole")
    (strip,) = result["strips"]

    assert result["first"] == {"answer": "FINISHED", "words": result["first"]["words"]}
    assert strip["files"] == [f"line.paint.{frame}.exr" for frame in range(1001, 1007)]
    assert (strip["start"], strip["end"], strip["channel"]) == (1, 7, 3)
    assert strip["space"] == "ACEScg"  # which the sample's files say, whatever Blender thinks
    expected = files_of(painted_by_command("1001-1006", layers(blender)))
    assert len(expected) == 6
    assert files_of(result["first_files"]) == expected


def test_the_sequencer_shows_the_pixels_that_the_command_paints(
    blender: Blender, painted_by_command: Any, read_rgba: Any
) -> None:
    folder = painted_by_command("1001-1006", layers(blender))

    rendered = blender.result("whole")["rendered"]

    for file, frame in zip(rendered, (1001, 1004, 1006), strict=True):
        shown, painted = read_rgba(Path(file)), read_rgba(folder / f"line.paint.{frame}.exr")
        assert np.abs(shown - painted).max() < 1e-3


def test_a_second_run_keeps_the_strip_and_paints_what_changed(blender: Blender) -> None:
    result = blender.result("whole")

    assert "0 frames painted, 6 kept." in result["again"]["words"]
    told = re.search(r"(\d) frames painted, (\d) kept\.", " ".join(result["changed"]["words"]))
    assert told
    # A changed drawing may change how others are painted, or how surely: they are one shot.
    before, after = files_of(result["first_files"]), files_of(result["strips"][0]["folder"])
    changed = {name for name in after if after[name] != before[name]}
    assert "line.paint.1006.exr" in changed
    assert (int(told[1]), int(told[2])) == (len(changed), 6 - len(changed))
    assert result["strips_at_the_end"] == result["strips"]


@pytest.mark.parametrize("kind", ["cut", "reversed", "twos", "gaps", "held", "retimed"])
def test_paint_follows_the_line_art_on_the_timeline(blender: Blender, kind: str) -> None:
    found = blender.result("odd_strips")["kinds"][kind]
    (strip,) = found["strips"]

    assert found["answer"] == "FINISHED"
    assert strip["files"] == [name.replace("line.", "line.paint.") for name in found["shown"]]
    assert strip["end"] - strip["start"] == len(found["shown"])
    assert set(files_of(strip["folder"])) == set(strip["files"])


def test_what_is_shown_is_cut_moved_and_reversed_as_it_was_set_up(blender: Blender) -> None:
    kinds = blender.result("odd_strips")["kinds"]
    frames = {
        kind: [int(name.split(".")[1]) for name in found["shown"]] for kind, found in kinds.items()
    }

    assert frames == {
        "cut": [1002, 1003, 1004],
        "reversed": [1006, 1005, 1004, 1003, 1002, 1001],
        "twos": [1001, 1001, 1003, 1003, 1005, 1005],
        "gaps": [1001, 1002, 1004, 1006],
        "held": [1001] * 4,
        "retimed": [1001, 1001, 1003, 1003, 1005, 1005],
    }
    assert [found["strips"][0]["start"] for found in kinds.values()] == [
        102,
        201,
        301,
        401,
        501,
        601,
    ]


def test_odd_strips_show_the_pixels_that_the_command_paints(
    blender: Blender, painted_by_command: Any, read_rgba: Any
) -> None:
    rendered = blender.result("odd_strips")["rendered"]
    expected = (
        ("1001-1006", 1006),  # reversed, its first frame
        ("1001-1006", 1001),
        ("1001,1003,1005", 1003),  # on twos, its fourth frame
        ("1001-1002,1004,1006", 1004),  # with gaps, its third
    )

    for file, (frames, frame) in zip(rendered, expected, strict=True):
        painted = painted_by_command(frames, layers(blender)) / f"line.paint.{frame}.exr"
        assert np.abs(read_rgba(Path(file)) - read_rgba(painted)).max() < 1e-3


def test_strips_of_one_name_in_two_scenes_do_not_meet(
    blender: Blender, painted_by_command: Any
) -> None:
    result = blender.result("two_scenes")
    (first,), (second,) = result["first"], result["second"]

    assert [run["answer"] for run in result["runs"]] == ["FINISHED", "FINISHED"]
    assert first["folder"] != second["folder"]
    for strip, frames in ((first, "1001-1006"), (second, "1001-1003")):
        expected = files_of(painted_by_command(frames, layers(blender)))
        assert files_of(strip["folder"]) == expected


def test_one_layered_file_a_frame_is_enough(blender: Blender, painted_by_command: Any) -> None:
    result = blender.result("layered")
    (strip,) = result["strips"]

    assert files_of(strip["folder"]) == files_of(
        painted_by_command("1001-1003", layers(blender), "both")
    )
    assert "no layer 'dabs'; it has: hint, line" in result["no_such_layer"]["answer"]


def test_hints_go_by_number_or_by_what_they_stand_over(
    blender: Blender, painted_by_command: Any
) -> None:
    result = blender.result("by_timeline")
    (strip,) = result["strips"]

    assert "choose Match: By timeline" in result["by_number"]["answer"]
    assert result["by_timeline"]["answer"] == "FINISHED"
    assert files_of(strip["folder"]) == files_of(painted_by_command("1001-1006", layers(blender)))


FAULTS = {
    "no hints": "select the hint strip together with the line art",
    "hint strip gone": "There is no strip 'gone'",
    "hint file missing": "no frame of the shot has a hint file",
    "drawing missing": "frames 9003 are missing",
    "no image strip": "The strip 'colour' is no image strip",
    "engine missing": "The engine's Python is not at",
    "no engine chosen": "Blender does not know where the engine is",
    "no celtint in it": "has no celtint installed",
    "engine of another version": "install the same version of celtint on both sides",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_plainly_and_leaves_no_strip(blender: Blender, fault: str) -> None:
    result = blender.result("faults")

    assert set(result["runs"]) == set(FAULTS)
    assert FAULTS[fault] in result["runs"][fault]["answer"]
    assert "Traceback" not in result["runs"][fault]["answer"]
    assert result["strips"] == []


@pytest.mark.parametrize(
    ("how", "words"), [("killed", "stopped by SIGKILL"), ("cancelled", "Cancelled: ")]
)
def test_a_run_that_ends_early_leaves_no_half_made_strip(
    blender: Blender, how: str, words: str
) -> None:
    found = blender.result("ended_early")[how]

    assert words in "\n".join(found["words"])
    assert found["answer"] != "FINISHED"
    assert found["strips"] == []


@pytest.mark.parametrize("how", ["killed", "cancelled", "finished", "again, cancelled"])
def test_the_strip_is_there_while_a_run_is_watched_and_stays_only_if_whole(
    blender: Blender, how: str
) -> None:
    found = blender.result("watched")[how]

    assert found["during"] == ["line", "line hint", "line paint"]
    assert found["is_whole"] is (how == "finished")
    # The paint of an earlier run is not taken away with a later one.
    stays = how in {"finished", "again, cancelled"}
    assert found["after"] == ["line", "line hint", *(["line paint"] if stays else [])]
    assert found["words"]


def test_a_second_run_has_the_engine_loaded_already(blender: Blender) -> None:
    result = blender.result("first_frame")

    assert len(set(result["pids"])) == 1
    cold, *warm = result["first_frame_s"]
    assert min(warm) < cold


def test_the_next_run_goes_on_from_there(blender: Blender, painted_by_command: Any) -> None:
    result = blender.result("ended_early")
    (strip,) = result["finished"]["strips"]
    kept = len(result["left"])

    assert 1 <= kept < 60
    assert f"{60 - kept} frames painted, {kept} kept." in result["finished"]["words"]
    expected = painted_by_command("1001-1060", layers(blender), "long")
    assert files_of(strip["folder"]) == files_of(expected)


def test_switching_the_extension_off_ends_the_run_and_on_again_works(blender: Blender) -> None:
    result = blender.result("switched_off")

    assert not result["alive"]
    assert not result["has_settings"]
    assert result["after"]["answer"] == "FINISHED"
    assert len(result["after"]["strips"]) == 1


def test_quitting_leaves_no_process(blender: Blender) -> None:
    pid = blender.result("quit_in_mid_run")["pid"]

    deadline = time.monotonic() + 60
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(pid)


def test_a_new_hint_layer_is_of_the_right_size_and_painted_hints_are_saved(
    blender: Blender, read_rgba: Any
) -> None:
    result = blender.result("hint_layer")
    folder = Path(result["folder"])

    assert result["answer"] == "FINISHED"
    assert result["files"] == ["hint.1001.exr", "hint.1002.exr", "hint.1003.exr"]
    assert (result["start"], result["source"], result["size"]) == (5, "SEQUENCE", [1280, 720])
    assert read_rgba(folder / "hint.1002.exr").shape == (720, 1280, 4)
    assert not read_rgba(folder / "hint.1002.exr").any()
    assert result["is_dirty"]  # so the operator had to save it
    # Blender's first row is the lowest one.
    assert read_rgba(folder / "hint.1001.exr")[-45, 45].tolist() == [0.25, 0.5, 0.125, 1.0]
    (strip,) = result["strips"]
    assert result["run"]["answer"] == "FINISHED"
    painted = read_rgba(Path(strip["folder"]) / strip["files"][2])
    # Blender paints in linear Rec.709, the drawings are ACEScg. The matrix is the ACES project's
    # (Bradford), to the fourth digit.
    to_ap1 = np.array(
        [[0.6131, 0.3395, 0.0474], [0.0702, 0.9164, 0.0135], [0.0206, 0.1096, 0.8698]]
    )
    assert painted[-45, 45, :3] == pytest.approx(to_ap1 @ [0.25, 0.5, 0.125], abs=1e-3)
    assert painted[-45, 45, 3] == 1.0


def test_the_engine_is_asked_for_its_version_device_and_models(blender: Blender) -> None:
    result = blender.result("ask_engine")

    assert result["right"]["answer"] == "FINISHED"
    version, devices, models = result["right"]["lines"]
    assert version.startswith("celtint 0")
    assert devices.startswith("Devices: cpu: ")
    assert models.startswith("Models: ")
    wrong = {name: one for name, one in result.items() if name != "right"}
    assert len(wrong) == 4
    assert all(one["answer"] == "error" and one["lines"] for one in wrong.values())


def test_the_review_of_a_strip_is_made(blender: Blender) -> None:
    result = blender.result("reviewed")
    (strip,) = result["strips"]

    assert not result["before"], "there is nothing to review yet"
    assert "none.gpl cannot be read" in str(result["no palette"])
    assert result["run"]["answer"] == result["answer"] == "FINISHED"
    page = Path(strip["folder"]) / "line.paint.review.html"
    assert '"celtint_review":1' in page.read_text(encoding="utf-8")


def test_a_colour_is_picked_by_its_name_as_a_cryptomatte(blender: Blender) -> None:
    result = blender.result("mattes")

    assert result["layer"] == "CelPaint"
    index = channel(result["paint"], "palette.index")
    for number, matte in result["mattes"].items():
        assert (index == int(number)).any()
        assert np.array_equal(channel(matte, "R"), index == int(number))


def channel(path: str, name: str) -> Any:
    image = oiio.ImageInput.open(path)
    names = list(image.spec().channelnames)
    pixels = image.read_image("float")
    image.close()
    return pixels[..., names.index(name)]
