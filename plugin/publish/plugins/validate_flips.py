"""Validates by the rule `flips`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import bridge


class ValidateCeltintFlips(pyblish.api.InstancePlugin):
    __doc__ = bridge.help_of("flips")

    label = bridge.label_of("flips")
    order = pyblish.api.ValidatorOrder + 0.10
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS
    optional = True
    rule = "flips"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        bridge.check(self.rule, instance, self.log)
