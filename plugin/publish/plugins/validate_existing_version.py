"""Validates by the rule `existing_version`."""

from typing import Any

import pyblish.api

from celtint.plugin.publish import steps


class ValidateCeltintExistingVersion(pyblish.api.InstancePlugin):
    __doc__ = steps.help_of("existing_version")

    label = steps.label_of("existing_version")
    order = pyblish.api.ValidatorOrder + 0.14
    families = [steps.FAMILY]
    hosts = steps.HOSTS
    optional = True
    rule = "existing_version"

    def process(self, instance: Any) -> None:
        """Judge the shot by this rule alone."""
        steps.check(self.rule, instance, self.log)
