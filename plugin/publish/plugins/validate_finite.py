"""Validates by the rule `finite`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import steps


class ValidateCeltintFinite(pyblish.api.InstancePlugin):
    __doc__ = steps.help_of("finite")

    label = steps.label_of("finite")
    order = pyblish.api.ValidatorOrder + 0.06
    families = [steps.FAMILY]
    hosts = steps.HOSTS
    optional = True
    rule = "finite"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        steps.check(self.rule, instance, self.log)
