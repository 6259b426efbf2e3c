"""Finds the painted shots that `celtintPaint` names."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import steps


class CollectCeltintNamed(pyblish.api.ContextPlugin):
    """Finds the painted shots that `celtintPaint` names."""

    label = "Collect named"
    order = pyblish.api.CollectorOrder
    hosts = steps.HOSTS

    def process(self, context: Any) -> None:
        """See the class."""
        steps.collect_named(context)
