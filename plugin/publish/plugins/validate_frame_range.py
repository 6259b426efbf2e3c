"""Validates by the rule `frame_range`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import actions, steps


class ValidateCeltintFrameRange(pyblish.api.InstancePlugin):
    __doc__ = steps.help_of("frame_range")

    label = steps.label_of("frame_range")
    order = pyblish.api.ValidatorOrder + 0.00
    families = [steps.FAMILY]
    hosts = steps.HOSTS
    optional = True
    actions = [actions.Repair]
    rule = "frame_range"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        steps.check(self.rule, instance, self.log)
