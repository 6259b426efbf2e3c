"""The review as one HTML page that needs nothing beside itself, and no network."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from .pictures import Shown

_TEMPLATE = Path(__file__).with_name("page.html")
_PLACE = "__DATA__"


def page(
    review: Mapping[str, Any], pictures: Sequence[Mapping[str, Shown]], frames: Sequence[int]
) -> str:
    """The page.

    Args:
        review: As `report.review_of` gives it.
        pictures: Of its items, by view.
        frames: Frame number by index.

    """
    items = [
        {**item, "pictures": {view: _inlined(shown, frames) for view, shown in views.items()}}
        for item, views in zip(review["items"], pictures, strict=True)
    ]
    data = json.dumps({**review, "items": items}, ensure_ascii=True, separators=(",", ":"))
    # `<` begins no tag inside a script this way, and the text is the same JSON.
    return _template().replace(_PLACE, data.replace("<", "\\u003c"))


def _inlined(shown: Shown, frames: Sequence[int]) -> dict[str, Any]:
    data = base64.b64encode(shown.webp).decode("ascii")
    return {
        "frame": frames[shown.frame],
        "src": f"data:image/webp;base64,{data}",
        "width": shown.width,
        "height": shown.height,
    }


@cache
def _template() -> str:
    return _TEMPLATE.read_text(encoding="utf-8")
