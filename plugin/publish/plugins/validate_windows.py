"""Validates by the rule `windows`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import actions, bridge


class ValidateCeltintWindows(pyblish.api.InstancePlugin):
    __doc__ = bridge.help_of("windows")

    label = bridge.label_of("windows")
    order = pyblish.api.ValidatorOrder + 0.03
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS
    optional = True
    actions = [actions.Repair]
    rule = "windows"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        bridge.check(self.rule, instance, self.log)
