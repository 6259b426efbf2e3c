"""A list of shots: what it takes, what it refuses all at once, and the file it becomes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from celtint.plugin.errors import JobError
from celtint.plugin.farm.shots import Row, Shot, gather, load, save
from celtint.plugin.problems import Problems


def rows_of(episode, *names, **changes):
    return [
        Row(
            f"row {number}",
            {
                "shot": name,
                "line": f"show/{name}/line/line.####.exr",
                "hint": f"show/{name}/hint/hint.####.exr",
                "out": f"show/{name}/paint/paint.####.exr",
                **changes,
            },
            episode.folder,
        )
        for number, name in enumerate(names, 1)
    ]


def problems_of(rows, **defaults):
    problems = Problems()
    gather(rows, defaults, problems)
    return problems.found


def test_good_rows_become_shots_with_absolute_paths(episode):
    problems = Problems()
    shots = gather(rows_of(episode, "sh010"), {"settings.gap_px": "3"}, problems)
    assert problems.found == ()
    assert [(shot.name, shot.frames) for shot in shots] == [("sh010", 6)]
    assert shots[0].job.line.path == str(episode.show / "sh010" / "line" / "line.####.exr")
    assert dict(shots[0].job.settings) == {"gap_px": 3}


def test_what_a_row_says_comes_before_the_defaults(episode):
    rows = rows_of(episode, "sh010", **{"frames": "1001-1003", "settings.gap_px": ""})
    shots = gather(rows, {"frames": "1001", "settings.gap_px": "2.5"}, Problems())
    assert (shots[0].frames, shots[0].job.frames) == (3, "1001-1003")
    assert dict(shots[0].job.settings) == {"gap_px": 2.5}


def test_the_longest_shot_comes_first(episode):
    rows = rows_of(episode, "sh010", frames="1001") + rows_of(episode, "sh020", "sh030")
    shots = gather(rows, {}, Problems())
    assert [(shot.name, shot.frames) for shot in shots] == [
        ("sh020", 6),
        ("sh030", 6),
        ("sh010", 1),
    ]


def test_hints_in_a_layer_of_the_line_art_need_no_path(episode):
    rows = rows_of(episode, "sh010", hint="", hint_layer="dabs")
    (shot,) = gather(rows, {}, Problems())
    assert shot.job.hint is not None
    assert (shot.job.hint.path, shot.job.hint.layer) == (shot.job.line.path, "dabs")


def test_every_problem_of_every_shot_is_told_at_once_and_nothing_is_written(episode):
    before = episode.tree()
    rows = [
        *rows_of(episode, "sh010", **{"settings.gap": "3"}),
        *rows_of(episode, "nowhere"),
        *rows_of(episode, "sh020", frames="1001-1010"),
        *rows_of(episode, "sh030", out="", device="tpu"),
        *rows_of(episode, "a b"),
    ]
    found = problems_of(rows)
    told = "\n".join(found)
    assert "row 1: The flat finish has no setting `gap`" in told
    assert f"row 1: folder {episode.show / 'nowhere' / 'line'} cannot be read" in told
    assert f"row 1: folder {episode.show / 'nowhere' / 'hint'} cannot be read" in told
    assert "frames 1007-1010 are missing" in told
    assert "`out` is empty." in told
    assert "`shot` is 'a b'" in told
    assert {text.split(":")[0] for text in found} == {"row 1"}
    assert episode.tree() == before


def test_a_job_that_is_none_is_told_with_its_row(episode):
    found = problems_of(rows_of(episode, "sh010", device="tpu", overwrite="maybe"))
    assert [text for text in found if "`device`" in text]
    assert [text for text in found if "`overwrite` is true or false, not 'maybe'" in text]


@pytest.mark.parametrize(
    "out", ["show/sh010/paint/paint.####.exr", "show/sh010/../sh010/paint/paint.%02d.exr"]
)
def test_two_shots_cannot_be_painted_to_the_same_files(episode, out):
    rows = rows_of(episode, "sh010") + rows_of(episode, "sh020", out=out)
    (problem,) = problems_of(rows)
    assert "sh020 would be painted over that of row 1 (sh010)" in problem


def test_outputs_that_differ_in_their_name_share_a_folder(episode):
    rows = rows_of(episode, "sh010", out="all/sh010.####.exr")
    rows += rows_of(episode, "sh020", out="all/sh020.####.exr")
    assert problems_of(rows) == ()


def test_no_shot_is_painted_over_what_another_one_reads(episode):
    rows = rows_of(episode, "sh010") + rows_of(
        episode, "sh020", out="show/sh010/hint/hint.####.exr"
    )
    (problem,) = problems_of(rows)
    assert "the hints" in problem
    assert "would be painted over by row 1 (sh020)" in problem


def test_a_shot_is_in_the_list_once(episode):
    rows = rows_of(episode, "sh010") + rows_of(episode, "sh010", out="other/paint.####.exr")
    (problem,) = problems_of(rows)
    assert "shot sh010 is in row 1 already" in problem


def test_an_empty_list_is_a_problem():
    assert problems_of([]) == ("The list has no shots.",)


def test_shots_come_back_from_their_file(episode):
    shots = episode.shots(finish="flat")
    save(episode.folder / "job" / "shots.json", shots)
    assert load(episode.folder / "job" / "shots.json") == shots


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"celtint_shots": 2}, "no list of shots of version 1"),
        ({"more": 1}, "`more` is not a key of a list of shots"),
        ({"shots": []}, "the list has no shots"),
        ({"shots": "sh010"}, "the list has no shots"),
        ({"shots": [{"shot": "../up", "frames": 1}]}, "`shot` is '../up'"),
        ({"shots": [{"shot": "sh010", "frames": 0}]}, "`frames` is a number of frames, not 0"),
        ({"shots": [{"shot": "sh010", "frames": 1, "jobs": {}}]}, "`jobs` is not a key of a shot"),
    ],
)
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, change, told):
    path = tmp_path / "shots.json"
    path.write_text(json.dumps({"celtint_shots": 1, "shots": []} | change))
    with pytest.raises(JobError, match=told):
        load(path)


def test_a_list_is_written_whole_or_not_at_all(episode, monkeypatch):
    path = episode.folder / "shots.json"
    save(path, episode.shots())
    before = path.read_bytes()
    monkeypatch.setattr(Path, "write_bytes", lambda self, data: self.touch())
    with pytest.raises(OSError, match="cannot be written"):
        save(path, episode.shots()[:1])
    assert path.read_bytes() == before
    assert isinstance(load(path)[0], Shot)
