"""The generated parts of docs/accuracy.md: each benchmark writes its own, people write the rest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "accuracy.md"


def write_section(page: Path, name: str, text: str) -> None:
    """Replace a part of a page that is between its marks.

    Raises:
        ValueError: The page has no such part.

    """
    page.write_text(with_section(page.read_text("utf-8"), name, text), "utf-8")


def with_section(page: str, name: str, text: str) -> str:
    """The page with a part replaced.

    Raises:
        ValueError: The page has no such part.

    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"the page needs the lines {begin} and {end}")
    return f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}"


def table(head: Sequence[str], rows: Mapping[str, Sequence[str]]) -> str:
    """A table whose first column is text and whose others are figures."""
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    lines += [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()]
    return "\n".join(lines)


def percent(value: float | None) -> str:
    """A share in percent with one decimal; a dash where there is none."""
    return "-" if value is None or math.isnan(value) else f"{100 * value:.1f}"
