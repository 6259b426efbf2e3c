"""Validates by the rule `channels`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import bridge


class ValidateCeltintChannels(pyblish.api.InstancePlugin):
    __doc__ = bridge.help_of("channels")

    label = bridge.label_of("channels")
    order = pyblish.api.ValidatorOrder + 0.04
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS
    optional = True
    rule = "channels"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        bridge.check(self.rule, instance, self.log)
