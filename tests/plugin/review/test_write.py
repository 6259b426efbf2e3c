from __future__ import annotations

import json
import threading
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from celtint.plugin.cli import app
from celtint.plugin.errors import FileError, JobError
from celtint.plugin.events import BAD_INPUT, Finished
from celtint.plugin.review.commands import review
from celtint.plugin.review.doubts import DOUBTFUL_BELOW, LEAST_PX
from celtint.plugin.review.write import MOST_ITEMS, job_of, write_review
from celtint.plugin.run import run_job
from celtint.plugin.stream import Stopped


def data_in(html: Path) -> Any:
    text = html.read_text(encoding="utf-8")
    start = text.index('type="application/json">') + len('type="application/json">')
    return json.loads(text[start : text.index("</script>", start)])


def test_the_page_holds_all_that_the_json_says_and_its_pictures(doubtful: Any) -> None:
    done = write_review(doubtful.job(), below=0.9)
    alone = json.loads(done.json.read_text())
    data = data_in(done.html)
    assert len(alone["items"]) == done.doubtful + done.unpainted == len(data["items"])
    for item in data["items"]:
        pictures = item.pop("pictures")
        assert {"line", "paint"} <= set(pictures) <= {"line", "paint", "before", "after"}
        assert all(one["src"].startswith("data:image/webp;base64,") for one in pictures.values())
        assert pictures["paint"]["frame"] == item["frame"]
        if "before" in pictures:
            assert pictures["before"]["frame"] == item["frame"] - 1
    assert data == alone


def test_the_page_asks_for_nothing_beside_itself(doubtful: Any) -> None:
    text = write_review(doubtful.job()).html.read_text(encoding="utf-8")
    assert "http://" not in text
    assert "https://" not in text
    assert "default-src 'none'" in text


def test_names_cannot_break_out_of_the_page(doubtful: Any) -> None:
    run_job(doubtful.job(), lambda _: None, threading.Event())
    palette = doubtful.folder / "paint" / "paint.palette.json"
    document = json.loads(palette.read_text())
    for entry in document["entries"]:
        entry["name"] = f"</script><b>{entry['index']}"
    palette.write_text(json.dumps(document))
    html = write_review(doubtful.job(), below=0.9).html
    assert html.read_text(encoding="utf-8").count("</script>") == 2
    names = {item["colour"]["name"] for item in data_in(html)["items"] if item["colour"]}
    assert names
    assert all(name.startswith("</script><b>") for name in names)


def test_the_command_lists_what_a_run_counts() -> None:
    options = {name: one.default for name, one in signature(review).parameters.items()}
    assert options["below"] == DOUBTFUL_BELOW
    assert options["least_px"] == LEAST_PX
    assert options["most"] == MOST_ITEMS


def test_what_is_not_listed_is_counted(doubtful: Any) -> None:
    all_of_them = write_review(doubtful.job(), below=0.9)
    few = write_review(doubtful.job(), below=0.9, most=1)
    assert few.doubtful + few.unpainted == 1
    assert few.not_listed == all_of_them.doubtful + all_of_them.unpainted - 1 > 0


def test_the_same_review_gives_the_same_bytes(doubtful: Any) -> None:
    first = write_review(doubtful.job())
    text = first.html.read_bytes()
    assert write_review(doubtful.job()).html.read_bytes() == text


def test_a_review_touches_no_painted_frame_and_needs_none(doubtful: Any) -> None:
    assert write_review(doubtful.job()).html.exists()
    assert doubtful.painted == []


def test_what_cannot_be_reviewed_is_told(doubtful: Any, weights: Path) -> None:
    with pytest.raises(JobError, match="painted finish has none"):
        write_review(doubtful.job(finish="painted", model=str(weights)))
    with pytest.raises(FileError, match=r"end its name in \.html"):
        write_review(doubtful.job(), out=doubtful.folder / "review.png")
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        write_review(doubtful.job(), stop=stop)
    assert not list(doubtful.folder.rglob("*.html"))


def test_a_job_a_record_and_a_folder_name_the_shot(doubtful: Any) -> None:
    last = run_job(doubtful.job(), lambda _: None, threading.Event())
    assert isinstance(last, Finished)
    folder = doubtful.folder / "paint"
    (doubtful.folder / "job.json").write_text(doubtful.job().to_json())
    record = folder / ".celtint" / "paint.#.exr.job.json"
    lines = {
        Path(job_of(str(named)).line.path).resolve()
        for named in (folder, record, doubtful.folder / "job.json")
    }
    assert lines == {(doubtful.folder / "line" / "line.####.exr").resolve()}
    with pytest.raises(FileError, match="no record"):
        job_of(str(doubtful.folder))
    (doubtful.folder / "job.json").write_text("{}")
    with pytest.raises(JobError, match=r"job\.json"):
        job_of(str(doubtful.folder / "job.json"))


def test_the_command_says_how_much_and_where(
    doubtful: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = run_job(doubtful.job(), lambda _: None, threading.Event())
    assert isinstance(last, Finished)
    folder = doubtful.folder / "paint"
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    done = CliRunner().invoke(app, ["review", str(folder), "--open"])
    assert done.exit_code == 0, done.output
    data = json.loads((folder / "paint.review.json").read_text())
    counts = data["summary"]
    assert f"{counts['doubtful']} doubtful and {counts['unpainted']} unpainted" in done.output
    # The run before it counted the same.
    assert (last.doubtful, last.unpainted) == (
        counts["doubtful"] + counts["unpainted"],
        counts["unpainted"],
    )
    assert opened == [(folder / "paint.review.html").absolute().as_uri()]
    refused = CliRunner().invoke(app, ["review", str(doubtful.folder)])
    assert refused.exit_code == BAD_INPUT
