"""Validates by the rule `palette`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import steps


class ValidateCeltintPalette(pyblish.api.InstancePlugin):
    __doc__ = steps.help_of("palette")

    label = steps.label_of("palette")
    order = pyblish.api.ValidatorOrder + 0.07
    families = [steps.FAMILY]
    hosts = steps.HOSTS
    optional = True
    rule = "palette"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        steps.check(self.rule, instance, self.log)
