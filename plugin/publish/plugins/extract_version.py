"""Makes a version: frames, contact sheet, review movie and a page of facts."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import bridge


class ExtractCeltintVersion(pyblish.api.InstancePlugin):
    """Makes a version: frames, contact sheet, review movie and a page of facts."""

    label = "Extract version"
    order = pyblish.api.ExtractorOrder
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS

    def process(self, instance: Any) -> None:
        """See the class."""
        bridge.extract_version(instance)
