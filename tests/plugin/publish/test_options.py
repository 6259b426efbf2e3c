from __future__ import annotations

import pytest

from celtint.plugin.errors import FileError, JobError
from celtint.plugin.header import Window
from celtint.plugin.publish.options import Limits, Options, options_from, read_options
from celtint.plugin.publish.reviews import read_reviews


def test_nothing_said_means_the_defaults(tmp_path) -> None:
    path = tmp_path / "publish.toml"
    path.write_text("")
    assert read_options(path) == Options()
    assert Options().severity("flips") == "error"


def test_every_table_is_read(tmp_path) -> None:
    path = tmp_path / "publish.toml"
    path.write_text(
        '[rules]\nflips = "warning"\n[limits]\ndoubtful_below = 1\n'
        "[shot]\nframeStart = 1\nframeEnd = 8\n[publish]\nto = '/x/{shot}'\nversion = 3\n"
    )
    options = read_options(path)
    assert options.severity("flips") == "warning"
    assert options.limits == Limits(doubtful_below=1)
    assert (options.shot.frameStart, options.publish.version) == (1, 3)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"rule": {}}, "`rule` is no table"),
        ({"rules": {"x": "off"}}, r"`rules\.x` is no rule"),
        ({"rules": {"flips": "on"}}, r"`rules\.flips` is one of error, warning, off"),
        ({"rules": "off"}, "`rules` is a table"),
        ({"limits": {"flip_size": 1}}, r"`limits\.flip_size` is no key"),
        ({"limits": {"flip_px": True}}, r"`limits\.flip_px` is a int, not True"),
        ({"limits": {"flip_share": 0.2}}, "`limits.flip_share` 0.5..1"),
        ({"limits": {"flip_px": -1}}, "0 pixels or more"),
        ({"shot": {"frameStart": 1}}, "go together"),
        ({"shot": {"frameStart": 5, "frameEnd": 1}}, "lies before"),
        ({"shot": {"handleEnd": -1}}, "counts, 0 or more"),
        ({"shot": {"fps": 0}}, r"`shot\.fps` is more than 0"),
        ({"publish": {"version": 0}}, "1 or more"),
        ({"publish": {"movie_width": 1}}, "16 pixels or more"),
    ],
)
def test_what_nobody_understands_is_refused(document, said) -> None:
    with pytest.raises(JobError, match=said):
        options_from(document)


def test_everything_that_is_wrong_is_told_at_once_with_the_file(tmp_path) -> None:
    path = tmp_path / "publish.toml"
    path.write_text('[rules]\nx = "off"\n[limit]\n[shot]\nfps = "fast"\n')
    with pytest.raises(JobError) as caught:
        read_options(path)
    assert len(caught.value.problems) == 3
    assert all(str(path) in problem for problem in caught.value.problems)
    with pytest.raises(FileError, match="cannot be read"):
        read_options(tmp_path / "none.toml")
    path.write_text("= 3")
    with pytest.raises(JobError, match="is no TOML file"):
        read_options(path)


GOOD = 'rule = "flips"\nframes = "1001-1003"\nby = "Ada"\nreason = "a lamp goes on"\n'


def test_reviews_are_read_from_toml_and_json(tmp_path) -> None:
    toml, json = tmp_path / "reviews.toml", tmp_path / "reviews.json"
    toml.write_text(f"[[review]]\n{GOOD}box = [0, 0, 10, 10]\n")
    json.write_text(
        '{"review": [{"rule": "flips", "frames": "1001-1003", "box": [0, 0, 10, 10],'
        ' "by": "Ada", "reason": "a lamp goes on"}]}'
    )
    (review,) = read_reviews(toml)
    assert read_reviews(json) == (review,)
    assert review.covers("flips", 1002, Window(2, 2, 8, 8))
    assert not review.covers("flips", 1002, Window(2, 2, 9, 8)), "it reaches beyond"
    assert not review.covers("doubtful", 1002, Window(2, 2, 8, 8))
    assert not review.covers("flips", 1004, Window(2, 2, 8, 8))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds a list `review`"),
        (f"[[review]]\n{GOOD}who = 'x'\n", "`who` is no key"),
        (f"[[review]]\n{GOOD.replace('Ada', ' ')}", "`by` is missing"),
        (f"[[review]]\n{GOOD.replace('a lamp goes on', '')}", "`reason` is missing"),
        (f"[[review]]\n{GOOD.replace('flips', 'finite')}", "`rule` is one of doubtful, flips"),
        (f"[[review]]\n{GOOD.replace('1001-1003', 'all')}", "is no frame range"),
        (f"[[review]]\n{GOOD}box = [1, 2]\n", "`box` is"),
        ("[[review]", "is no TOML file"),
    ],
)
def test_a_review_says_what_it_has_to(tmp_path, text, said) -> None:
    path = tmp_path / "reviews.toml"
    path.write_text(text)
    with pytest.raises(JobError, match=said):
        read_reviews(path)
