"""What every painted frame says of itself: its `celtint:` metadata, with its fingerprint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from .check import Plan
from .fingerprint import chain, facts_digest
from .header import Attribute
from .job import output_layers
from .output import FINGERPRINT
from .palette.naming import is_given_by_an_artist
from .shot import format_frames


@dataclass(frozen=True, eq=False)
class Identity:
    """What every painted frame says of itself, so that a later run knows it again."""

    fingerprints: Mapping[int, str]
    shared: Mapping[str, str | int | float | Attribute]
    hint_frames: Mapping[int, str]
    frames: tuple[int, ...]

    @classmethod
    def of(
        cls, plan: Plan, flow: list[tuple[int, int | None]], painted_by: str | None = None
    ) -> Identity:
        """What frames of the plan say when celtint `painted_by` (None: this one) painted them."""
        painted_by = painted_by or version("celtint")
        settings = asdict(plan.settings)
        spaces = plan.spaces
        layers = _layer_facts(plan)
        shot = facts_digest(
            {
                **layers,
                "version": painted_by,
                "finish": plan.job.finish,
                "settings": settings,
                "network": None if plan.network is None else asdict(plan.network),
                "config": spaces.config_digest,
                "line_space": spaces.line,
                "out_space": spaces.out,
                "paper": list(plan.paper),
            }
        )
        lines = {i: f"{one.digest} {one.layer.name}" for i, one in enumerate(plan.line)}
        hints = {
            i: f"{one.digest} {one.layer.name} {spaces.hints[i]}" for i, one in plan.hints.items()
        }
        # Only what lies upstream, as in the fingerprint: a hint that is added later on must not
        # change what this frame says.
        upstream: dict[int, tuple[int, ...]] = {}
        for index, source in flow:
            own = (plan.frames[index],) if index in plan.hints else ()
            upstream[index] = (() if source is None else upstream[source]) + own
        shared: dict[str, str | int | float | Attribute] = {
            **spaces.colour.file_metadata(spaces.out),
            "celtint:version": painted_by,
            "celtint:finish": plan.job.finish,
            "celtint:settings": json.dumps(settings, sort_keys=True),
            "celtint:job": shot,
        }
        if plan.network is not None:
            shared["celtint:model"] = plan.network.sha256
        return cls(
            fingerprints=chain(shot, flow, lines, hints),
            shared=shared,
            hint_frames={index: format_frames(found) for index, found in upstream.items()},
            frames=plan.frames,
        )

    def metadata(self, index: int) -> dict[str, str | int | float | Attribute]:
        """The `celtint:` keys of a frame."""
        return {
            **self.shared,
            "celtint:frame": self.frames[index],
            "celtint:hint_frames": self.hint_frames[index],
            FINGERPRINT: self.fingerprints[index],
        }


def _layer_facts(plan: Plan) -> dict[str, Any]:
    """What the layers of a frame depend on; nothing where they are what a job has by itself."""
    asked = output_layers(plan.job.out.layers)
    facts: dict[str, Any] = {} if asked == ("all",) else {"layers": ",".join(asked)}
    if "index" in asked or "cryptomatte" in asked:
        entries = () if plan.palette is None else plan.palette.entries
        facts["palette"] = [[one.index, one.name, one.working] for one in entries]
    if "cryptomatte" in asked and plan.named is not None:
        named = (*plan.named.entries, *plan.named.unused)
        facts["names"] = sorted(
            [one.name, one.working] for one in named if is_given_by_an_artist(one.name)
        )
    return facts
