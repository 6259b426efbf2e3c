"""What has to hold before a painted shot leaves, one pure function a rule."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ..options import RULE_NAMES
from ..shot import Finding, PaintedShot
from . import files, headers, pixels, provenance

__all__ = ["RULES", "Rule"]


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes:
        name: As options and reviews name it.
        check: Looks at a shot; finds nothing where all is well.

    """

    name: str
    check: Callable[[PaintedShot], list[Finding]]

    @property
    def label(self) -> str:
        """The name as it is shown."""
        return self.name.replace("_", " ").capitalize()

    @property
    def help(self) -> str:
        """What it asks for, and why, to an artist."""
        return inspect.getdoc(self.check) or ""


def _all() -> dict[str, Rule]:
    rules = {}
    for name in RULE_NAMES:
        found = [
            getattr(module, name)
            for module in (files, headers, pixels, provenance)
            if hasattr(module, name)
        ]
        (check,) = found
        rules[name] = Rule(name, check)
    return rules


RULES: Mapping[str, Rule] = MappingProxyType(_all())
"""Every rule by its name, in the order in which they are told."""
