"""Validates by the rule `doubtful`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import steps


class ValidateCeltintDoubtful(pyblish.api.InstancePlugin):
    __doc__ = steps.help_of("doubtful")

    label = steps.label_of("doubtful")
    order = pyblish.api.ValidatorOrder + 0.11
    families = [steps.FAMILY]
    hosts = steps.HOSTS
    optional = True
    rule = "doubtful"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        steps.check(self.rule, instance, self.log)
