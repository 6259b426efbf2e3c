"""Validates by the rule `provenance`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import actions, bridge


class ValidateCeltintProvenance(pyblish.api.InstancePlugin):
    __doc__ = bridge.help_of("provenance")

    label = bridge.label_of("provenance")
    order = pyblish.api.ValidatorOrder + 0.12
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS
    optional = True
    actions = [actions.Repair]
    rule = "provenance"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        bridge.check(self.rule, instance, self.log)
