"""Validates by the rule `channels`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import steps


class ValidateCeltintChannels(pyblish.api.InstancePlugin):
    __doc__ = steps.help_of("channels")

    label = steps.label_of("channels")
    order = pyblish.api.ValidatorOrder + 0.04
    families = [steps.FAMILY]
    hosts = steps.HOSTS
    optional = True
    rule = "channels"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        steps.check(self.rule, instance, self.log)
