"""Validates by the rule `unpainted`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import steps


class ValidateCeltintUnpainted(pyblish.api.InstancePlugin):
    __doc__ = steps.help_of("unpainted")

    label = steps.label_of("unpainted")
    order = pyblish.api.ValidatorOrder + 0.09
    families = [steps.FAMILY]
    hosts = steps.HOSTS
    optional = True
    rule = "unpainted"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        steps.check(self.rule, instance, self.log)
