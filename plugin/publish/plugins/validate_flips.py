"""Validates by the rule `flips`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import steps


class ValidateCeltintFlips(pyblish.api.InstancePlugin):
    __doc__ = steps.help_of("flips")

    label = steps.label_of("flips")
    order = pyblish.api.ValidatorOrder + 0.10
    families = [steps.FAMILY]
    hosts = steps.HOSTS
    optional = True
    rule = "flips"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        steps.check(self.rule, instance, self.log)
