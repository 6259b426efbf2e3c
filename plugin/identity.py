"""What every painted frame says of itself: its `celtint:` metadata, with its fingerprint."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from celtint.engine import flow_order

from .check import Plan
from .fingerprint import chain, facts_digest
from .header import Attribute
from .job import output_layers
from .output import FINGERPRINT
from .palette.naming import Numbered
from .palette.register import Register
from .shot import format_frames
from .solving import Solved, paint_digest, solve_shot
from .stream import Clock


@dataclass(frozen=True, eq=False)
class Identity:
    """What every painted frame says of itself, so that a later run knows it again."""

    fingerprints: Mapping[int, str]
    shared: Mapping[str, str | int | float | Attribute]
    hint_frames: Mapping[int, str]
    frames: tuple[int, ...]

    @classmethod
    def of(cls, plan: Plan, painted_by: str | None = None) -> Identity:
        """What frames of the plan say when celtint `painted_by` (None: this one) painted them.

        A flat shot is solved for that; nothing is written.

        Raises:
            JobError, FileError, EngineError: As `solve_shot`.

        """
        if plan.job.finish == "painted":
            return cls.of_network(plan, painted_by)
        solved = solve_shot(plan, stop=threading.Event(), clock=Clock(), is_read_only=True)
        numbered = Register(plan, solved.colours).numbered(solved.solution.palette)
        return cls.of_flat(plan, solved, numbered, painted_by)

    @classmethod
    def of_network(cls, plan: Plan, painted_by: str | None = None) -> Identity:
        """The painted finish: a frame is all that its colour flowed through."""
        flow = flow_order(len(plan.frames), plan.hints)
        shared, shot = _shared(plan, painted_by)
        lines = {i: f"{one.digest} {one.layer.name}" for i, one in enumerate(plan.line)}
        hints = {
            i: f"{one.digest} {one.layer.name} {plan.spaces.hints[i]}"
            for i, one in plan.hints.items()
        }
        # Only what lies upstream, as in the fingerprint: a hint that is added later on must not
        # change what this frame says.
        upstream: dict[int, tuple[int, ...]] = {}
        for index, source in flow:
            own = (plan.frames[index],) if index in plan.hints else ()
            upstream[index] = (() if source is None else upstream[source]) + own
        return cls(
            fingerprints=chain(shot, flow, lines, hints),
            shared=shared,
            hint_frames={index: format_frames(found) for index, found in upstream.items()},
            frames=plan.frames,
        )

    @classmethod
    def of_flat(
        cls, plan: Plan, solved: Solved, numbered: Numbered, painted_by: str | None = None
    ) -> Identity:
        """The flat finish: a frame is its own drawing and its own paint, wherever that comes from.

        So a dab that changes three frames changes what three frames say, and no other.
        """
        shared, shot = _shared(plan, painted_by)
        palette = solved.colours.palette_to_file(solved.solution.palette, plan.spaces.out)
        asked = output_layers(plan.job.out.layers)
        hint_frames: dict[int, str] = {}
        fingerprints: dict[int, str] = {}
        for index, seen in enumerate(plan.line):
            used = [row for row in np.unique(solved.painted(index)).tolist() if row]
            dabbed = {solved.first_dabs[row].frame for row in used if row in solved.first_dabs}
            hint_frames[index] = format_frames(dabbed) if dabbed else ""
            numbers = [int(number) for number in numbered.index[used].tolist()]
            facts: dict[str, Any] = {
                "settings": shot,
                "line": f"{seen.digest} {seen.layer.name}",
                "paint": paint_digest(solved, index, palette),
                "hint_frames": hint_frames[index],
            }
            if "index" in asked:
                facts["numbers"] = numbers
            if "cryptomatte" in asked:
                facts["names"] = [numbered.names[number - 1] for number in numbers]
            fingerprints[index] = facts_digest(facts)
        return cls(fingerprints, shared, hint_frames, plan.frames)

    def metadata(self, index: int) -> dict[str, str | int | float | Attribute]:
        """The `celtint:` keys of a frame."""
        return {
            **self.shared,
            "celtint:frame": self.frames[index],
            "celtint:hint_frames": self.hint_frames[index],
            FINGERPRINT: self.fingerprints[index],
        }


def _shared(
    plan: Plan, painted_by: str | None
) -> tuple[dict[str, str | int | float | Attribute], str]:
    """What all frames of a plan say, and the digest of what holds for the whole shot."""
    painted_by = painted_by or version("celtint")
    settings = asdict(plan.settings)
    spaces = plan.spaces
    asked = output_layers(plan.job.out.layers)
    shot = facts_digest(
        {
            # Named only where it is not what a job has by itself.
            **({} if asked == ("all",) else {"layers": ",".join(asked)}),
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
    shared: dict[str, str | int | float | Attribute] = {
        **spaces.colour.file_metadata(spaces.out),
        "celtint:version": painted_by,
        "celtint:finish": plan.job.finish,
        "celtint:settings": json.dumps(settings, sort_keys=True),
        "celtint:job": shot,
    }
    if plan.network is not None:
        shared["celtint:model"] = plan.network.sha256
    return shared, shot
