"""Validates by the rule `provenance`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import actions, steps


class ValidateCeltintProvenance(pyblish.api.InstancePlugin):
    __doc__ = steps.help_of("provenance")

    label = steps.label_of("provenance")
    order = pyblish.api.ValidatorOrder + 0.12
    families = [steps.FAMILY]
    hosts = steps.HOSTS
    optional = True
    actions = [actions.Repair]
    rule = "provenance"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        steps.check(self.rule, instance, self.log)
