"""One attempt at a shot becomes a record, however it ends."""

from __future__ import annotations

import pytest

from celtint.plugin import client
from celtint.plugin.client import WorkerError
from celtint.plugin.events import Cancelled, Checked, Failed, FrameDone, Warned
from celtint.plugin.farm import records
from celtint.plugin.farm.attempt import follow


class Told(list):
    """A run that says what it was given and no more."""

    def cancel(self, *, grace_s=15.0):
        raise AssertionError("nobody asked for a cancel")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "records"


def followed(shot, events, folder, say=lambda _: None):
    record = follow(shot, lambda: Told(events), folder, say)
    assert records.read(folder, shot.name) == record
    return record


CHECKED = Checked(frames=6, kept=2, hint_frames=[1001], notes=[], warnings=["a dab is outside"])


def test_a_shot_that_is_painted_is_done_and_its_figures_are_kept(episode, folder):
    (shot, *_) = episode.shots()
    record = follow(shot, lambda: client.start(shot.job), folder, lambda _: None)
    assert (record.state, record.frames, record.painted, record.kept) == ("done", 6, 6, 0)
    assert record.peak_memory_mb > 10
    assert record.seconds > 0
    assert record.doubts == ()
    assert records.read(folder, shot.name) == record


def test_places_that_no_hint_reaches_are_doubtful(episode, folder, shot):
    dabs = shot.dabs()
    dabs[:, 40:] = 0  # the disc gets no dab
    shot.write(episode.show / "sh010" / "hint" / "hint.1001.exr", dabs)
    one = next(one for one in episode.shots() if one.name == "sh010")
    record = follow(one, lambda: client.start(one.job), folder, lambda _: None)
    assert record.doubtful == len(record.doubts) == 1
    (doubt,) = record.doubts
    assert (doubt.first_frame, doubt.last_frame, doubt.confidence) == (1001, 1006, 0)
    assert doubt.x >= 38


def test_a_shot_that_fails_is_failed_with_its_reasons(episode, folder):
    failed = Failed(exit_code=4, problems=["line.1004.exr cannot be read"])
    record = followed(episode.shots()[0], [CHECKED, Warned("b"), failed], folder)
    assert (record.state, record.exit_code, record.frames) == ("failed", 4, 6)
    assert record.problems == ("line.1004.exr cannot be read",)
    assert record.warnings == ("a dab is outside", "b")


def test_a_shot_that_is_cancelled_says_how_far_it_came(episode, folder):
    record = followed(episode.shots()[0], [CHECKED, Cancelled(painted=3, left=1)], folder)
    assert (record.state, record.exit_code, record.painted, record.kept) == ("cancelled", 130, 3, 2)


def test_a_worker_that_cannot_be_started_fails_its_shot(episode, folder):
    def start():
        raise WorkerError("no such Python")

    record = follow(episode.shots()[0], start, folder, lambda _: None)
    assert (record.state, record.problems) == ("failed", ("no such Python",))


def test_a_shot_whose_process_is_lost_stays_begun(episode, folder):
    def die(_event):
        raise KeyboardInterrupt

    frame = FrameDone(1001, "paint.1001.exr", 1, 6, 1.0, 5.0)
    with pytest.raises(KeyboardInterrupt):
        follow(episode.shots()[0], lambda: Told([frame]), folder, die)
    assert records.read(folder, "sh010").state == records.BEGUN


def test_attempts_and_their_time_add_up(episode, folder):
    shot = episode.shots()[0]
    first = followed(shot, [Cancelled(painted=0, left=6)], folder)
    second = followed(shot, [Cancelled(painted=0, left=6)], folder)
    assert (first.attempt, second.attempt) == (1, 2)
    assert second.seconds_in_all == pytest.approx(first.seconds + second.seconds, abs=2e-3)
