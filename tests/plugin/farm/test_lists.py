"""Lists as studios have them: tables and patterns over folders."""

from __future__ import annotations

import pytest

from celtint.plugin.errors import JobError
from celtint.plugin.farm.lists import read_list
from celtint.plugin.farm.shots import save

HEAD = "shot,line,hint,out"


def table_of(episode, *lines, encoding="utf-8"):
    path = episode.folder / "ep01.csv"
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return str(path)


def row(name, *more):
    line, hint = f"show/{name}/line/line.####.exr", f"show/{name}/hint/hint.####.exr"
    return ",".join([name, line, hint, f"show/{name}/paint/paint.####.exr", *more])


def problems_of(source, **defaults):
    with pytest.raises(JobError) as raised:
        read_list(source, defaults)
    return raised.value.problems


def test_a_table_names_shots_and_their_paths_start_from_its_folder(episode):
    table = table_of(episode, HEAD, row("sh010"), "", row("sh020"), encoding="utf-8-sig")
    shots = read_list(table, {})
    assert [shot.name for shot in shots] == ["sh010", "sh020"]
    assert shots[0].job.line.path == str(episode.show / "sh010" / "line" / "line.####.exr")


def test_a_table_may_name_no_more_than_shots_when_the_rest_is_said_once(episode):
    table = table_of(episode, "shot,frames", "sh010,1001-1002", "sh030,")
    patterns = episode.patterns
    shots = read_list(
        table, {"line": patterns["line"], "hint": patterns["hint"], "out": patterns["paint"]}
    )
    assert [(shot.name, shot.frames) for shot in shots] == [("sh030", 6), ("sh010", 2)]
    assert shots[1].job.out.path == str(episode.show / "sh010" / "paint" / "paint.####.exr")


def test_everything_wrong_with_a_table_is_told_at_once(episode):
    before = episode.tree()
    table = table_of(
        episode,
        "shot,line,hint,out,settings.gap_px,colour,shot",
        row("sh010", "3", "red", "sh010"),
        row("sh020", "wide", "", "sh020"),
        row("sh040", "3", "", "sh040"),
        "sh030,too,few",
    )
    told = "\n".join(problems_of(table))
    assert "'colour' is not a column of a list of shots; known are shot, line" in told
    assert "the column `shot` is there twice" in told
    assert "line 3: The setting `gap_px` is a float, not 'wide'" in told
    assert f"line 4: folder {episode.show / 'sh040' / 'line'} cannot be read" in told
    assert "line 5: it has 3 cells for 7 columns" in told
    assert episode.tree() == before | {"ep01.csv"}


def test_a_column_that_is_missing_is_told_once_and_not_for_each_row(episode):
    table = table_of(episode, "shot,line", "sh010,a.####.exr", "sh020,b.####.exr")
    assert problems_of(table) == (f"{table}: the column `out` is missing.",)


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_table_is_told(episode, text):
    assert "the table is empty" in problems_of(table_of(episode, text))[0]


def test_a_table_that_is_not_there_or_is_no_text_is_told(episode):
    assert "cannot be read" in problems_of(str(episode.folder / "no.csv"))[0]
    (episode.folder / "ep.csv").write_bytes(b"shot\xff\xfe,line")
    assert "cannot be read" in problems_of(str(episode.folder / "ep.csv"))[0]


def test_a_pattern_finds_a_shot_in_each_folder_that_fits(episode):
    (episode.show / "notes.txt").touch()
    (episode.show / ".hidden" / "line").mkdir(parents=True)
    (episode.show / "sketches").mkdir()
    shots = episode.shots()
    assert [shot.name for shot in shots] == ["sh010", "sh020", "sh030"]
    assert shots[2].job.hint is not None
    assert shots[2].job.hint.path == str(episode.show / "sh030" / "hint" / "hint.####.exr")


def test_a_pattern_may_have_further_fields_and_fields_in_file_names(episode):
    flat = episode.folder / "flat" / "ep01"
    flat.mkdir(parents=True)
    for name in ("sh010", "sh020"):
        for frame in range(1001, 1004):
            (flat / f"{name}_line.{frame}.exr").write_bytes(episode.line(name, frame).read_bytes())
    shots = read_list(
        str(episode.folder / "flat" / "{ep}" / "{shot}_line.####.exr"),
        {
            "hint": episode.patterns["hint"],
            "out": str(episode.folder / "out" / "{ep}_{shot}" / "paint.####.exr"),
        },
    )
    assert [(shot.name, shot.frames) for shot in shots] == [("sh010", 3), ("sh020", 3)]
    assert shots[0].job.out.path == str(episode.folder / "out" / "ep01_sh010" / "paint.####.exr")


def test_a_field_that_the_pattern_does_not_have_is_told(episode):
    told = problems_of(episode.patterns["line"], out="/show/{ep}/paint.####.exr")
    assert "`out` has the field {ep}, and known are {shot}" in told[0]


def test_patterns_that_fit_nothing_or_name_no_shot_are_told(episode):
    assert "no folder fits" in problems_of(str(episode.folder / "no" / "{shot}" / "a.####.exr"))[0]
    assert "write {shot}" in problems_of(str(episode.show / "{scene}" / "line.####.exr"))[0]
    assert "is no list of shots" in problems_of("ep01.xlsx")[0]


def test_a_list_that_was_written_is_a_list(episode):
    shots = episode.shots()
    save(episode.folder / "shots.json", shots)
    assert read_list(str(episode.folder / "shots.json"), {}) == shots
    assert "says everything itself" in problems_of(str(episode.folder / "shots.json"), out="x")[0]
