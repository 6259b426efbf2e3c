"""Validates by the rule `colour_space`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import actions, steps


class ValidateCeltintColourSpace(pyblish.api.InstancePlugin):
    __doc__ = steps.help_of("colour_space")

    label = steps.label_of("colour_space")
    order = pyblish.api.ValidatorOrder + 0.05
    families = [steps.FAMILY]
    hosts = steps.HOSTS
    optional = True
    actions = [actions.Repair]
    rule = "colour_space"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        steps.check(self.rule, instance, self.log)
