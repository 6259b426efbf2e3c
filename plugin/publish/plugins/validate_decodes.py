"""Validates by the rule `decodes`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import actions, bridge


class ValidateCeltintDecodes(pyblish.api.InstancePlugin):
    __doc__ = bridge.help_of("decodes")

    label = bridge.label_of("decodes")
    order = pyblish.api.ValidatorOrder + 0.02
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS
    optional = True
    actions = [actions.Repair]
    rule = "decodes"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        bridge.check(self.rule, instance, self.log)
