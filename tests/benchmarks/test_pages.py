"""Generated parts of a page."""

from __future__ import annotations

import importlib
from types import ModuleType

import pytest


@pytest.fixture
def pages() -> ModuleType:
    return importlib.import_module("pages")


def test_only_the_part_between_its_marks_is_replaced(pages: ModuleType) -> None:
    page = (
        "A\n<!-- one: begin -->\nold\n<!-- one: end -->\nB\n<!-- two: begin -->\n<!-- two: end -->"
    )
    once = pages.with_section(page, "one", "new")
    assert once == page.replace("\nold\n", "\n\nnew\n\n")
    assert pages.with_section(once, "one", "new") == once
    with pytest.raises(ValueError, match="needs the lines"):
        pages.with_section(page, "three", "x")


def test_tables_and_shares(pages: ModuleType) -> None:
    assert pages.table(["a", "b"], {"x": ["1"]}) == "| a | b |\n|---|---:|\n| x | 1 |"
    assert [pages.percent(v) for v in (0.9876, None, float("nan"))] == ["98.8", "-", "-"]


@pytest.mark.parametrize("name", ["following", "peers", "suggestion"])
def test_the_projects_page_has_the_marks(pages: ModuleType, name: str) -> None:
    assert pages.with_section(pages.PAGE.read_text("utf-8"), name, "x")
