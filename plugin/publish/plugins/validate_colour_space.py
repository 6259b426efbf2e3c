"""Validates by the rule `colour_space`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import actions, bridge


class ValidateCeltintColourSpace(pyblish.api.InstancePlugin):
    __doc__ = bridge.help_of("colour_space")

    label = bridge.label_of("colour_space")
    order = pyblish.api.ValidatorOrder + 0.05
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS
    optional = True
    actions = [actions.Repair]
    rule = "colour_space"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        bridge.check(self.rule, instance, self.log)
