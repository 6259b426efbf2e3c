"""Finds the painted shots that `celtintPaint` names."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import bridge


class CollectCeltintNamed(pyblish.api.ContextPlugin):
    """Finds the painted shots that `celtintPaint` names."""

    label = "Collect named"
    order = pyblish.api.CollectorOrder
    hosts = bridge.HOSTS

    def process(self, context: Any) -> None:
        """See the class."""
        bridge.collect_named(context)
