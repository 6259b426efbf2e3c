"""The page in a real browser, where there is one: what it shows, and that its keys work."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

BROWSER = next(
    (
        found
        for name in ("chromium", "google-chrome", "chromium-browser")
        if (found := shutil.which(name))
    ),
    None,
)

# Presses keys as a person would, and leaves what came of it where the dump shows it.
PRESSES = """
<script>
addEventListener("load", () => {
  const press = (key) => document.body.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const at = () => state.shown.indexOf(state.current);
  const found = { errors, shown: state.shown.length, title: document.title };
  found.pictures = [...document.images].map((image) => image.complete && image.naturalWidth > 0);
  press("j"); press("j"); found.afterNext = at();
  press("k"); found.afterPrevious = at();
  const theme = document.documentElement.dataset.theme;
  press("t"); found.themeTurned = document.documentElement.dataset.theme !== theme;
  press("s"); found.seen = document.querySelectorAll("li.seen").length; found.afterSeen = at();
  press("h"); found.hidden = state.shown.length;
  press("h"); press("3"); found.unpainted = state.shown.map((one) => one.item.kind);
  press("1");
  const order = document.getElementById("order"); order.value = "frame";
  order.dispatchEvent(new Event("change"));
  found.frames = state.shown.map((one) => one.frame);
  found.text = document.getElementById("list").textContent;
  document.body.append(make("pre", { id: "found" }, JSON.stringify(found)));
});
</script>
"""
ERRORS = """
<script>
const errors = []; addEventListener("error", (event) => errors.push(event.message));
</script>
"""


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")
def test_the_page_works_in_a_browser(page_of: Any, tmp_path: Path) -> None:
    html = page_of(below=0.9)
    text = html.read_text(encoding="utf-8").replace('loading: "lazy"', 'loading: "eager"')
    text = text.replace("<body>", f"<body>{ERRORS}", 1).replace("</body>", f"{PRESSES}</body>", 1)
    copy = tmp_path / "review.html"
    copy.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [
            str(BROWSER),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=4000",
            "--dump-dom",
            copy.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    dumped = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert dumped is not None, done.stderr[-2000:]
    found = json.loads(unescape(dumped[1]))
    review = json.loads(html.with_suffix(".json").read_text())
    count = len(review["items"]) + len(review["disputes"]) + len(review["contradictions"])
    assert found["errors"] == []
    assert found["title"] == "Review: paint.####.exr"
    assert found["shown"] == count > 2
    assert found["pictures"]
    assert all(found["pictures"])
    assert (found["afterNext"], found["afterPrevious"]) == (1, 0)
    assert found["themeTurned"]
    assert (found["seen"], found["afterSeen"], found["hidden"]) == (1, 1, count - 1)
    assert found["unpainted"] == ["unpainted"] * review["summary"]["unpainted"]
    assert found["frames"] == sorted(found["frames"])
    for item in review["items"]:
        assert f"({item['dab']['x']}, {item['dab']['y']})" in found["text"]
