"""Validates by the rule `truth`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import steps


class ValidateCeltintTruth(pyblish.api.InstancePlugin):
    __doc__ = steps.help_of("truth")

    label = steps.label_of("truth")
    order = pyblish.api.ValidatorOrder + 0.13
    families = [steps.FAMILY]
    hosts = steps.HOSTS
    optional = True
    rule = "truth"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        steps.check(self.rule, instance, self.log)
