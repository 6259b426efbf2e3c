from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from celtint.training.data.films import frames_of, open_film
from celtint.training.data.shards import read_set, read_shots
from celtint.training.data.video import VideoConfig, plan_video, prepare_video
from celtint.training.errors import ConfigError, DataError

Clip = list[np.ndarray]
HEIGHT, WIDTH = 96, 160
KEEP_ALL = VideoConfig(short_side_px=64, held_out_share=0)


def scene(seed: int, drawings: int, *, hold: int = 2) -> Clip:
    """A ball that rolls over a ground, each drawing shown `hold` times."""
    rng = np.random.default_rng(seed)
    ground, ball = rng.integers(60, 250, (2, 3)).tolist()
    frames = []
    for number in range(drawings):
        frame = np.full((HEIGHT, WIDTH, 3), ground, np.uint8)
        cv2.circle(frame, (30 + 8 * number, 50), 18, ball, cv2.FILLED)
        cv2.circle(frame, (30 + 8 * number, 50), 18, (0, 0, 0), 2)
        frames += [frame] * hold
    return frames


def black(frames: int) -> Clip:
    return [np.zeros((HEIGHT, WIDTH, 3), np.uint8)] * frames


def write_film(path: Path, frames: Clip) -> Path:
    """Compressed, so that held frames differ by its noise."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 24, frames[0].shape[1::-1])
    for frame in frames:
        writer.write(frame[..., ::-1])
    writer.release()
    return path


@pytest.fixture
def episode(tmp_path: Path) -> Path:
    """Three scenes: on twos, black between, on threes, and one of two drawings."""
    frames = [*scene(1, 5), *black(6), *scene(2, 4, hold=3), *scene(3, 2, hold=4)]
    return write_film(tmp_path / "Episode 01.mp4", frames)


def test_scenes_become_shots_with_their_holds(episode: Path, tmp_path: Path) -> None:
    tallies = prepare_video(plan_video([episode], tmp_path / "out", KEEP_ALL))
    tally = tallies["train"]
    shots = list(read_shots(tmp_path / "out" / "train"))
    assert [shot.info.holds for shot in shots] == [
        (0, 0, 1, 1, 2, 2, 3, 3, 4, 4),
        (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3),
    ]
    assert [shot.info.name for shot in shots] == [
        "episode-01-0000-000000",
        "episode-01-0000-000016",
    ]
    assert shots[0].info.sources == ("Episode 01.mp4",)
    assert (tally.shots, tally.drawings, tally.frames) == (2, 9, 22)
    assert (tally.dark, tally.credits, tally.short) == (6, 0, 8)
    assert not (tmp_path / "out" / "held_out").exists()


def test_drawings_have_the_films_colours_and_shape(episode: Path, tmp_path: Path) -> None:
    prepare_video(plan_video([episode], tmp_path / "out", KEEP_ALL))
    shot = next(read_shots(tmp_path / "out" / "train"))
    assert (shot.info.width, shot.info.height) == (107, 64)
    colour = shot.drawing(0).colour
    assert colour is not None
    truth = scene(1, 1)[0]
    assert np.abs(colour[40, 90].astype(int) - truth[5, 5]).max() <= 8
    assert np.abs(colour[33, 20].astype(int) - truth[50, 30]).max() <= 8


def test_pixels_that_are_not_square_are_accounted_for(tmp_path: Path) -> None:
    path = tmp_path / "wide.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=24)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for frame in scene(1, 4):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    film = open_film(path)
    assert (film.width, film.height) == (213, 96)
    assert next(frames_of(film, 96)).shape == (96, 213, 3)
    assert next(frames_of(film, 48)).shape == (48, 106, 3)
    assert next(frames_of(film, 500)).shape == (96, 213, 3)


def test_the_same_files_give_the_same_bytes(episode: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        prepare_video(plan_video([episode], tmp_path / name, KEEP_ALL))
    for file in ("set.json", "train-000000.tar"):
        one, two = (tmp_path / name / "train" / file for name in ("a", "b"))
        assert one.read_bytes() == two.read_bytes()


def test_credits_are_left_out(tmp_path: Path) -> None:
    frames = []
    for shift in range(12):
        frame = np.zeros((256, 456, 3), np.uint8)
        for line in range(8):
            at = (60, 60 + 24 * line - 4 * shift)
            text = "Key Animation  A Person"
            cv2.putText(frame, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255))
        frames.append(frame)
    picture = [cv2.resize(frame, (456, 256)) for frame in scene(4, 4)]
    path = write_film(tmp_path / "end.mp4", [*picture, *frames])
    tally = prepare_video(plan_video([path], tmp_path / "out", VideoConfig(held_out_share=0)))
    assert (tally["train"].credits, tally["train"].frames) == (12, 8)


def test_long_shots_are_stored_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("celtint.training.data.video.MOST_DRAWINGS", 4)
    path = write_film(tmp_path / "long.mp4", scene(1, 10))
    prepare_video(plan_video([path], tmp_path / "out", KEEP_ALL))
    shots = list(read_shots(tmp_path / "out" / "train"))
    assert [shot.info.drawings for shot in shots] == [4, 4]


def test_files_are_held_out_whole_by_name_or_by_hash(episode: Path, tmp_path: Path) -> None:
    other = write_film(tmp_path / "e02.mp4", scene(7, 6))
    named = VideoConfig(held_out=(tmp_path / "." / "e02.mp4",))
    tallies = prepare_video(plan_video([episode, other], tmp_path / "named", named))
    assert {split: tally.files for split, tally in tallies.items()} == {"train": 1, "held_out": 1}
    assert read_set(tmp_path / "named" / "held_out").made["files"] == ["e02.mp4"]
    hashed = []
    for number in range(60):
        path = tmp_path / f"show-{number}.mp4"
        path.write_bytes(other.read_bytes())
        hashed.append(path)
    config = VideoConfig(held_out_share=0.25)
    plan = plan_video(hashed, tmp_path / "hashed", config)
    assert 5 <= len(plan.films["held_out"]) <= 26
    fewer = plan_video(hashed[:30], tmp_path / "hashed", config)
    assert {film.path for film in fewer.films["held_out"]} == {
        film.path for film in plan.films["held_out"] if film.path in hashed[:30]
    }


def test_unreadable_files_are_all_named_before_anything_is_written(
    episode: Path, tmp_path: Path
) -> None:
    junk, empty, sound = (tmp_path / name for name in ("junk.mp4", "empty.mkv", "sound.m4a"))
    junk.write_bytes(b"not a film" * 50)
    empty.touch()
    with av.open(str(sound), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        silence = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
        )
        silence.sample_rate = 44100
        container.mux(stream.encode(silence))
        container.mux(stream.encode())
    headless = tmp_path / "headless.mp4"  # the index lies at the end
    headless.write_bytes(episode.read_bytes()[: episode.stat().st_size // 2])
    files = [episode, junk, empty, sound, headless, tmp_path / "missing.mp4", tmp_path]
    with pytest.raises(ConfigError) as told:
        plan_video(files, tmp_path / "out", KEEP_ALL)
    problems = told.value.problems
    assert len(problems) == 6
    for path, problem in zip(files[1:], problems, strict=True):
        assert problem.startswith(f"{path} ")
    assert not (tmp_path / "out").exists()


def test_a_film_that_ends_early_is_kept_and_told(tmp_path: Path) -> None:
    path = tmp_path / "cut.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 24, (WIDTH, HEIGHT))
    for frame in scene(1, 12):
        writer.write(frame[..., ::-1])
    writer.release()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    tally = prepare_video(plan_video([path], tmp_path / "out", KEEP_ALL))["train"]
    assert 3 <= tally.drawings <= 8
    assert re.fullmatch(
        r"cut\.avi ends after \d+ of 24 frames: it seems cut off", tally.warnings[0]
    )
    assert json.loads((tmp_path / "out" / "train" / "set.json").read_text())["made"]["tally"]


@pytest.fixture
def stopping() -> tuple[threading.Event, Callable[[object], None]]:
    """Asks to stop after a few frames."""
    stop, seen = threading.Event(), []

    def on_frame(film: object) -> None:
        seen.append(film)
        if len(seen) == 20:
            stop.set()

    return stop, on_frame


def test_a_run_that_is_stopped_leaves_nothing(
    episode: Path,
    tmp_path: Path,
    stopping: tuple[threading.Event, Callable[[object], None]],
) -> None:
    stop, on_frame = stopping
    plan = plan_video([episode], tmp_path / "out", KEEP_ALL)
    with pytest.raises(KeyboardInterrupt):
        prepare_video(plan, stop=stop, on_frame=on_frame)
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_is_refused_and_says_what_to_do(episode: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(ConfigError) as told:
        VideoConfig(short_side_px=3, held_out_share=2, shots_per_shard=0)
    assert len(told.value.problems) == 3
    with pytest.raises(ConfigError, match="no video is named"):
        plan_video([], out, KEEP_ALL)
    with pytest.raises(ConfigError, match="--held-out-share 0"):
        plan_video([episode], out, VideoConfig(held_out_share=1))
    with pytest.raises(ConfigError, match="is not among the videos"):
        plan_video([episode], out, VideoConfig(held_out=(tmp_path / "other.mp4",)))
    still = write_film(tmp_path / "still.mp4", scene(1, 1, hold=12))
    with pytest.raises(DataError, match=r"no shot of 3 drawings was found in still\.mp4"):
        prepare_video(plan_video([still], out, KEEP_ALL))
    assert not out.exists()
    prepare_video(plan_video([episode], out, KEEP_ALL))
    with pytest.raises(ConfigError, match="holds a set already"):
        plan_video([episode], out, KEEP_ALL)
