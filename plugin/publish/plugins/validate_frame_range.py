"""Validates by the rule `frame_range`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import actions, bridge


class ValidateCeltintFrameRange(pyblish.api.InstancePlugin):
    __doc__ = bridge.help_of("frame_range")

    label = bridge.label_of("frame_range")
    order = pyblish.api.ValidatorOrder + 0.00
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS
    optional = True
    actions = [actions.Repair]
    rule = "frame_range"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        bridge.check(self.rule, instance, self.log)
