"""What an artist can press beside a rule that found something."""

from __future__ import annotations

from typing import Any

import pyblish.api

from . import bridge


class Repair(pyblish.api.Action):  # type: ignore[misc] # pyblish has no types
    """Put right what was found, where no pixel that stands has to change."""

    label = "Repair"
    on = "failed"
    icon = "wrench"

    def process(self, context: Any, plugin: Any) -> None:
        """Repair, and look again."""
        for done in bridge.repair_failed(context, plugin):
            self.log.info("%s", done)
