"""Validates by the rule `unpainted`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import bridge


class ValidateCeltintUnpainted(pyblish.api.InstancePlugin):
    __doc__ = bridge.help_of("unpainted")

    label = bridge.label_of("unpainted")
    order = pyblish.api.ValidatorOrder + 0.09
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS
    optional = True
    rule = "unpainted"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        bridge.check(self.rule, instance, self.log)
