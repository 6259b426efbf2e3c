"""Validates by the rule `finite`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import bridge


class ValidateCeltintFinite(pyblish.api.InstancePlugin):
    __doc__ = bridge.help_of("finite")

    label = bridge.label_of("finite")
    order = pyblish.api.ValidatorOrder + 0.06
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS
    optional = True
    rule = "finite"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        bridge.check(self.rule, instance, self.log)
