"""Decodes every frame of a painted shot once, and reads what it was painted from."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import bridge


class CollectCeltintShot(pyblish.api.InstancePlugin):
    """Decodes every frame of a painted shot once, and reads what it was painted from."""

    label = "Collect shot"
    order = pyblish.api.CollectorOrder + 0.3
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS

    def process(self, instance: Any) -> None:
        """See the class."""
        bridge.collect_shot(instance)
