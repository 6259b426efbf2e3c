"""Every rule on a shot, and what came of it as text and as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .rules import RULES
from .shot import Finding, PaintedShot


@dataclass(frozen=True)
class Verdict:
    """What one rule says about a shot.

    Attributes:
        rule: Its name.
        severity: `error`, `warning` or `off`: what its findings are.
        findings: What is wrong; none for a rule that is off.

    """

    rule: str
    severity: str
    findings: tuple[Finding, ...]

    @property
    def is_error(self) -> bool:
        """Whether the shot must not leave like this."""
        return bool(self.findings) and self.severity == "error"

    def to_dict(self) -> dict[str, Any]:
        """The verdict as plain JSON values."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "told": [str(one) for one in self.findings],
            "findings": [
                {**asdict(one), "place": None if one.place is None else list(one.place)}
                for one in self.findings
            ],
        }


def judge_rule(shot: PaintedShot, rule: str) -> Verdict:
    """What one rule says, unless it is off."""
    severity = shot.options.severity(rule)
    findings = () if severity == "off" else tuple(RULES[rule].check(shot))
    return Verdict(rule, severity, findings)


def judge(shot: PaintedShot) -> tuple[Verdict, ...]:
    """What every rule says, in their order."""
    return tuple(judge_rule(shot, rule) for rule in RULES)
