"""The report as a page."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from celtint.plugin.farm import records
from celtint.plugin.farm.doubts import Doubt
from celtint.plugin.farm.records import Record
from celtint.plugin.farm.report import Line, Report
from celtint.plugin.farm.report_html import page, write_report

HOSTILE = '<script>alert("x")</script>'


def line(name, state, **record):
    return Line(Record(name, state, **record), state, f"/show/{HOSTILE}/paint.####.exr", 6, 3)


REPORT = Report(
    (
        line("sh010", records.DONE, painted=6, seconds=90.0, attempt=2, host="node1"),
        line("sh020", records.FAILED, problems=(f"line.1004.exr {HOSTILE}",), host=HOSTILE),
        line("sh030", records.BEGUN, host="node7", begun_at="2026-03-01 21:04:11"),
        line(
            "sh040",
            records.DONE,
            doubts=(Doubt(1001, 1006, 1003, 1, 2, 30, 40, 900, 0.125),),
            doubtful=1,
        ),
    )
)


class Seen(HTMLParser):
    """The text of a page, and all that it would load or run."""

    def __init__(self, text):
        super().__init__()
        self.text, self.tags, self.loads = "", set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.loads += [value for name, value in attrs if name in ("src", "href", "action")]

    def handle_data(self, data):
        self.text += data


def test_the_page_says_what_failed_and_why_and_where_to_look():
    seen = Seen(page(REPORT, "ep01"))
    assert f"line.1004.exr {HOSTILE}" in seen.text
    assert "on node7 since 2026-03-01 21:04:11" in seen.text
    assert "30x40 at (1, 2) in frame 1003" in seen.text
    assert "1001-1006" in seen.text
    assert "2 done" in seen.text
    assert "15.00" in seen.text  # seconds a frame of sh010


def test_the_page_needs_nothing_and_runs_nothing():
    seen = Seen(page(REPORT, HOSTILE))
    assert not {"script", "link", "img", "iframe"} & seen.tags
    assert seen.loads == ["#sh020", "#sh030"]


def test_a_page_for_many_shots_tells_the_worst_places_and_stays_small():
    doubts = tuple(Doubt(1001, 1006, 1003, n, 2, 30, 40, 900, 0.001 * n) for n in range(50))
    many = [line(f"sh{n:05}", records.DONE, doubts=doubts, doubtful=50) for n in range(200)]
    told = page(Report(tuple(many)), "ep01")
    assert told.count("30x40 at (") == 500
    assert "30x40 at (2, 2)" in told
    assert "30x40 at (3, 2)" not in told
    assert "The worst 500 of 10000" in told


def test_page_and_json_are_written(tmp_path: Path):
    write_report(REPORT, tmp_path / "a" / "r.html", tmp_path / "b" / "r.json", title="ep01")
    assert (tmp_path / "a" / "r.html").read_text() == page(REPORT, "ep01")
    assert '"failed": 1' in (tmp_path / "b" / "r.json").read_text()
