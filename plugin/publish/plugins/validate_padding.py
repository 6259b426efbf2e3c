"""Validates by the rule `padding`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import actions, bridge


class ValidateCeltintPadding(pyblish.api.InstancePlugin):
    __doc__ = bridge.help_of("padding")

    label = bridge.label_of("padding")
    order = pyblish.api.ValidatorOrder + 0.01
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS
    optional = True
    actions = [actions.Repair]
    rule = "padding"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        bridge.check(self.rule, instance, self.log)
