"""Validates by the rule `leftovers`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import actions, steps


class ValidateCeltintLeftovers(pyblish.api.InstancePlugin):
    __doc__ = steps.help_of("leftovers")

    label = steps.label_of("leftovers")
    order = pyblish.api.ValidatorOrder + 0.15
    families = [steps.FAMILY]
    hosts = steps.HOSTS
    optional = True
    actions = [actions.Repair]
    rule = "leftovers"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        steps.check(self.rule, instance, self.log)
