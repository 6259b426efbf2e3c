"""Validates by the rule `leftovers`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import actions, bridge


class ValidateCeltintLeftovers(pyblish.api.InstancePlugin):
    __doc__ = bridge.help_of("leftovers")

    label = bridge.label_of("leftovers")
    order = pyblish.api.ValidatorOrder + 0.15
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS
    optional = True
    actions = [actions.Repair]
    rule = "leftovers"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        bridge.check(self.rule, instance, self.log)
