"""Validates by the rule `truth`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import bridge


class ValidateCeltintTruth(pyblish.api.InstancePlugin):
    __doc__ = bridge.help_of("truth")

    label = bridge.label_of("truth")
    order = pyblish.api.ValidatorOrder + 0.13
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS
    optional = True
    rule = "truth"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        bridge.check(self.rule, instance, self.log)
