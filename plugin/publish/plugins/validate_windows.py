"""Validates by the rule `windows`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import actions, steps


class ValidateCeltintWindows(pyblish.api.InstancePlugin):
    __doc__ = steps.help_of("windows")

    label = steps.label_of("windows")
    order = pyblish.api.ValidatorOrder + 0.03
    families = [steps.FAMILY]
    hosts = steps.HOSTS
    optional = True
    actions = [actions.Repair]
    rule = "windows"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        steps.check(self.rule, instance, self.log)
