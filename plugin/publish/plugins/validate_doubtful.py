"""Validates by the rule `doubtful`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import bridge


class ValidateCeltintDoubtful(pyblish.api.InstancePlugin):
    __doc__ = bridge.help_of("doubtful")

    label = bridge.label_of("doubtful")
    order = pyblish.api.ValidatorOrder + 0.11
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS
    optional = True
    rule = "doubtful"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        bridge.check(self.rule, instance, self.log)
