"""Validates by the rule `palette`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import bridge


class ValidateCeltintPalette(pyblish.api.InstancePlugin):
    __doc__ = bridge.help_of("palette")

    label = bridge.label_of("palette")
    order = pyblish.api.ValidatorOrder + 0.07
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS
    optional = True
    rule = "palette"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        bridge.check(self.rule, instance, self.log)
