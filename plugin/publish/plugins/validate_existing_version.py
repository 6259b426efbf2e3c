"""Validates by the rule `existing_version`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import bridge


class ValidateCeltintExistingVersion(pyblish.api.InstancePlugin):
    __doc__ = bridge.help_of("existing_version")

    label = bridge.label_of("existing_version")
    order = pyblish.api.ValidatorOrder + 0.14
    families = [bridge.FAMILY]
    hosts = bridge.HOSTS
    optional = True
    rule = "existing_version"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        bridge.check(self.rule, instance, self.log)
