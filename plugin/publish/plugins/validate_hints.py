"""Validates by the rule `hints`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import bridge


class ValidateCeltintHints(pyblish.api.InstancePlugin):
    __doc__ = bridge.help_of("hints")

    label = bridge.label_of("hints")
    order = pyblish.api.ValidatorOrder + 0.08
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS
    optional = True
    rule = "hints"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        bridge.check(self.rule, instance, self.log)
