"""Validates by the rule `hints`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import steps


class ValidateCeltintHints(pyblish.api.InstancePlugin):
    __doc__ = steps.help_of("hints")

    label = steps.label_of("hints")
    order = pyblish.api.ValidatorOrder + 0.08
    families = [steps.FAMILY]
    hosts = steps.HOSTS
    optional = True
    rule = "hints"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        steps.check(self.rule, instance, self.log)
