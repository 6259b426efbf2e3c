"""Validates by the rule `padding`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import actions, steps


class ValidateCeltintPadding(pyblish.api.InstancePlugin):
    __doc__ = steps.help_of("padding")

    label = steps.label_of("padding")
    order = pyblish.api.ValidatorOrder + 0.01
    families = [steps.FAMILY]
    hosts = steps.HOSTS
    optional = True
    actions = [actions.Repair]
    rule = "padding"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        steps.check(self.rule, instance, self.log)
