"""The report as one HTML page that needs nothing beside itself: no script, no font, no network."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from ..progress import left
from . import records
from .doubts import Doubt
from .report import STATES, Line, Report
from .shots import write_text

_MOST_DOUBTS = 500
"""More rows nobody reads, and a page for ten thousand shots would not open."""

_STYLE = """
:root { color-scheme: light dark; }
body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #8884; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.state { font-weight: 600; white-space: nowrap; }
.done { color: #2a8a4a; } .failed, .incomplete { color: #c8322b; }
.cancelled, .begun { color: #b7791f; } .waiting { color: #8888; }
.bar { display: flex; height: .7rem; border-radius: .35rem; overflow: hidden; }
.bar i { display: block; background: currentColor; }
code { font-size: .92em; } .quiet { opacity: .7; } ul { margin: 0; padding-left: 1.1rem; }
"""


def write_report(report: Report, html: Path, json_file: Path, *, title: str) -> None:
    """Write the report as a page and as JSON, each whole or not at all.

    Raises:
        FileError: One of them cannot be written.

    """
    write_text(html, page(report, title))
    write_text(json_file, json.dumps(report.to_dict(), indent=1, ensure_ascii=True) + "\n")


def page(report: Report, title: str) -> str:
    """The report as HTML; every text in it is escaped.

    >>> page(Report(()), "<ep01>").count("<ep01>")
    0
    """
    parts = [
        "<!doctype html>",
        '<html lang="en"><meta charset="utf-8">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f"<h1>{escape(title)}</h1>",
        _summary(report),
        _problems(report),
        _doubts(report),
        _table(report),
        "</html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _summary(report: Report) -> str:
    figures = report.figures()
    bar = "".join(
        f'<i class="{state}" style="flex:{count}" title="{count} {state}"></i>'
        for state, count in report.states.items()
    )
    told = "; ".join(
        f'<span class="state {state}">{count} {state}</span> '
        f'<span class="quiet">({escape(STATES[state])})</span>'
        for state, count in report.states.items()
    )
    worked = left(figures["worker_seconds"])
    return (
        f'<div class="bar">{bar}</div><p>{told}</p>'
        f"<p>{figures['shots']:.0f} shots, {figures['frames_on_disk']:.0f} of "
        f"{figures['frames']:.0f} frames on disk; {worked} of worker time, "
        f"{figures['seconds_per_frame']:.2f} s a frame; "
        f"at most {figures['peak_memory_mb']:.0f} MB; "
        f"{figures['doubtful_places']:.0f} doubtful places.</p>"
    )


def _problems(report: Report) -> str:
    rows = [
        f'<tr><td><a href="#{escape(line.record.shot)}">{escape(line.record.shot)}</a></td>'
        f'<td class="state {line.state}">{line.state}</td><td>{_reason(line)}</td></tr>'
        for line in report.lines
        if line.state != records.DONE
    ]
    if not rows:
        return ""
    head = "<h2>Not done</h2><table><tr><th>shot<th>state<th>why</tr>"
    return head + "".join(rows) + "</table>"


def _reason(line: Line) -> str:
    if line.record.problems:
        return "<ul>" + "".join(f"<li>{escape(text)}" for text in line.record.problems) + "</ul>"
    if line.state == records.BEGUN:
        since = f"on {line.record.host} since {line.record.begun_at}"
        return escape(f"{STATES[line.state]} ({since})")
    if line.state == "incomplete":
        return escape(f"{line.frames - line.on_disk} of {line.frames} frames are missing")
    return escape(STATES[line.state])


def _doubts(report: Report) -> str:
    told = [(line.record.shot, doubt) for line in report.lines for doubt in line.record.doubts]
    told.sort(key=lambda one: (one[1].confidence, -one[1].pixels))
    rows = [
        f"<tr><td>{escape(shot)}</td><td>{_frames(doubt)}</td>"
        f'<td class="n">{doubt.confidence:.2f}</td><td class="n">{doubt.pixels}</td>'
        f"<td>{doubt.width}x{doubt.height} at ({doubt.x}, {doubt.y}) "
        f"in frame {doubt.frame}</td></tr>"
        for shot, doubt in told[:_MOST_DOUBTS]
    ]
    if not rows:
        return ""
    return (
        f"<h2>Where to look, worst first</h2>{_more(len(told))}<table><tr><th>shot<th>frames"
        '<th class="n">confidence<th class="n">pixels<th>where</tr>' + "".join(rows) + "</table>"
    )


def _more(count: int) -> str:
    if count <= _MOST_DOUBTS:
        return ""
    return f'<p class="quiet">The worst {_MOST_DOUBTS} of {count}; the JSON has the others.</p>'


def _frames(doubt: Doubt) -> str:
    if doubt.first_frame == doubt.last_frame:
        return str(doubt.first_frame)
    return f"{doubt.first_frame}-{doubt.last_frame}"


def _table(report: Report) -> str:
    head = (
        "<h2>All shots</h2><table><tr><th>shot<th>state"
        '<th class="n">frames<th class="n">painted, kept<th class="n">time<th class="n">s a frame'
        '<th class="n">memory<th class="n">doubtful<th class="n">attempts<th>machine</tr>'
    )
    return head + "".join(_row(line) for line in report.lines) + "</table>"


def _row(line: Line) -> str:
    record = line.record
    rate = f"{record.seconds / record.painted:.2f}" if record.painted else ""
    cells = [
        f"{line.on_disk} of {line.frames}",
        f"{record.painted}, {record.kept}",
        left(record.seconds) if record.seconds else "",
        rate,
        f"{record.peak_memory_mb:.0f} MB" if record.peak_memory_mb else "",
        str(record.doubtful or ""),
        str(record.attempt or ""),
    ]
    numbers = "".join(f'<td class="n">{escape(cell)}</td>' for cell in cells)
    name = escape(record.shot)
    return (
        f'<tr id="{name}"><td>{name}<br><code class="quiet">{escape(line.out)}</code></td>'
        f'<td class="state {line.state}">{line.state}</td>{numbers}'
        f"<td>{escape(record.host)}</td></tr>"
    )
