"""Lets the version appear, whole or not at all."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import bridge


class IntegrateCeltintVersion(pyblish.api.InstancePlugin):
    """Lets the version appear, whole or not at all."""

    label = "Integrate version"
    order = pyblish.api.IntegratorOrder
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS

    def process(self, instance: Any) -> None:
        """See the class."""
        bridge.integrate_version(instance)
