"""Lets the version appear, whole or not at all."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import steps


class IntegrateCeltintVersion(pyblish.api.InstancePlugin):
    """Lets the version appear, whole or not at all."""

    label = "Integrate version"
    order = pyblish.api.IntegratorOrder
    families = [steps.FAMILY]
    hosts = steps.HOSTS

    def process(self, instance: Any) -> None:
        """See the class."""
        steps.integrate_version(instance)
