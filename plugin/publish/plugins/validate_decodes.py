"""Validates by the rule `decodes`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import actions, steps


class ValidateCeltintDecodes(pyblish.api.InstancePlugin):
    __doc__ = steps.help_of("decodes")

    label = steps.label_of("decodes")
    order = pyblish.api.ValidatorOrder + 0.02
    families = [steps.FAMILY]
    hosts = steps.HOSTS
    optional = True
    actions = [actions.Repair]
    rule = "decodes"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        steps.check(self.rule, instance, self.log)
