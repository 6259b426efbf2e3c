"""A version appears whole, or not at all."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import av
import pytest

from celtint.plugin.errors import BusyError, FileError
from celtint.plugin.fingerprint import file_digest
from celtint.plugin.publish.extract import extract
from celtint.plugin.publish.gather import gather
from celtint.plugin.publish.integrate import (
    discard,
    integrate,
    next_version,
    staging,
    staging_leftovers,
)
from celtint.plugin.publish.judge import judge
from celtint.plugin.publish.options import Options, PublishOptions, ShotOptions
from celtint.plugin.publish.shot import Target


def described(shot, **publish):
    options = Options(
        publish=PublishOptions(to=str(shot.folder / "out"), **publish), shot=ShotOptions(fps=12.5)
    )
    return gather(str(shot.folder / "paint"), options)


def publish(shot, **options):
    found = described(shot, **options)
    staged = extract(found, found.target, [one.to_dict() for one in judge(found)])
    assert not found.target.folder.exists(), "it appears when it is integrated"
    return integrate(staged)


def tree(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_version_holds_frames_sheet_movie_and_facts(painted) -> None:
    folder = publish(painted)
    assert folder == painted.folder / "out" / "v001"
    frames = [f"paint.{frame}.exr" for frame in range(1001, 1007)]
    assert sorted(one.name for one in folder.iterdir()) == [
        *frames, "publish.json", "review.mp4", "sheet.png",
    ]  # fmt: skip
    for name in frames:
        assert (folder / name).read_bytes() == (painted.folder / "paint" / name).read_bytes()
    with av.open(str(folder / "review.mp4")) as movie:
        stream = movie.streams.video[0]
        assert (stream.width, stream.height, float(stream.average_rate)) == (64, 48, 12.5)
        pictures = [one.to_ndarray(format="rgb24") for one in movie.decode(video=0)]
    assert len(pictures) == 6
    red, blue = pictures[0][20, 16].astype(int), pictures[0][24, 48].astype(int)
    assert red[0] > red[2] + 60
    assert blue[2] > blue[0] + 60


def test_the_facts_name_sources_hashes_palette_settings_and_figures(painted) -> None:
    folder = publish(painted)
    facts = json.loads((folder / "publish.json").read_text())
    assert (facts["shot"], facts["version"], facts["frames"]) == (
        painted.folder.name, 1, "1001-1006",
    )  # fmt: skip
    assert facts["files"]["paint.1003.exr"] == file_digest(painted.paint(1003))
    assert facts["sources"]["line"]["1004"]["sha256"] == file_digest(painted.line(1004))
    assert set(facts["sources"]["hint"]) == {"1001"}
    assert len(facts["palette"]) == 3
    assert sum(one["share"] for one in facts["palette"]) == pytest.approx(1, abs=1e-5)
    assert facts["palette"][0]["srgb"].startswith("#")
    assert facts["settings"]["gap_px"] == 6.0
    assert facts["figures"]["frames"] == 6
    assert facts["figures"]["unpainted_px"] == 0
    assert len(facts["rules"]) == 16
    assert facts["job"]["celtint_job"] == 1
    assert facts["colorspace"] == "ACEScg"


def test_the_next_version_leaves_the_last_as_it_was(painted) -> None:
    first = tree(publish(painted, movie=False, sheet=False))
    second = publish(painted, movie=False, sheet=False)
    assert second.name == "v002"
    assert tree(painted.folder / "out" / "v001") == first


def test_a_crash_between_extract_and_integrate_leaves_the_previous_version(painted) -> None:
    first = tree(publish(painted, movie=False))
    script = (
        "import os, signal, sys\n"
        "from celtint.plugin.publish.extract import extract\n"
        "from celtint.plugin.publish.gather import gather\n"
        "from celtint.plugin.publish.options import Options, PublishOptions\n"
        "shot = gather(sys.argv[1], Options(publish=PublishOptions(to=sys.argv[2])))\n"
        "extract(shot, shot.target, [])\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    out = painted.folder / "out"
    dead = subprocess.run(
        [sys.executable, "-c", script, painted.folder / "paint", out], check=False, timeout=120
    )
    assert dead.returncode == -signal.SIGKILL
    assert tree(out / "v001") == first
    assert not (out / "v002").exists()
    assert [one.name for one in staging_leftovers(out)] == [".v002.tmp"]
    found = described(painted)
    assert {one.rule for one in judge(found) if one.findings} == {"leftovers"}
    assert publish(painted, movie=False).name == "v002", "the half version is in nobody's way"
    assert staging_leftovers(out) == ()


def test_a_failure_while_it_is_made_leaves_nothing(painted, monkeypatch) -> None:
    found = described(painted)
    monkeypatch.setattr("celtint.plugin.publish.extract.write_sheet", fails)
    with pytest.raises(FileError, match="the disk is full"):
        extract(found, found.target, [])
    assert staging_leftovers(painted.folder / "out") == ()
    assert next_version(painted.folder / "out") == 1
    monkeypatch.undo()
    assert publish(painted).name == "v001", "the versions were let go of"


def fails(*_arguments, **_options):
    raise FileError("the disk is full")


def test_a_frame_that_changed_after_the_check_is_not_published(painted, tamper) -> None:
    found = described(painted)
    tamper(painted.paint(1002), PixelAspectRatio=2.0)
    with pytest.raises(FileError, match=r"paint\.1002\.exr was changed after it was checked"):
        extract(found, found.target, [])


def test_a_version_is_never_written_again(painted) -> None:
    target = Target(painted.folder / "out", 1, exists=False)
    with staging(target) as staged:
        (staged.folder / "new").write_text("new")
    target.folder.mkdir()  # by somebody who asks nobody
    with pytest.raises(FileError, match="v001 is there already"):
        integrate(staged)
    assert list(target.folder.iterdir()) == []
    assert staging_leftovers(target.root) == ()
    with pytest.raises(FileError, match="v001 is there already"), staging(target):
        pass


def test_two_publish_one_after_the_other(tmp_path) -> None:
    target = Target(tmp_path, 1, exists=False)
    with staging(target) as staged:
        pass
    with pytest.raises(BusyError, match="Somebody else is publishing to"), staging(target):
        pass
    discard(staged)
    with staging(target) as staged:
        pass
    assert integrate(staged) == tmp_path / "v001"


def test_versions_count_on_from_the_last(tmp_path) -> None:
    assert next_version(tmp_path / "none") == 1
    for name in ("v001", "v007", "v7", "w009", ".v011.tmp"):
        (tmp_path / name).mkdir()
    assert next_version(tmp_path) == 8
