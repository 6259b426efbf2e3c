"""The steps of publishing where celtint can be imported; plug-ins call them by `bridge`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import JobError
from .extract import extract
from .gather import gather
from .integrate import Staged, integrate
from .judge import Verdict, judge_rule
from .keys import keys_of, representation_of
from .options import Options, read_options, with_tables
from .repairs import repair
from .request import RequestError, asked_for, configuration, named_frames
from .rules import RULES
from .shot import PaintedShot

_SHOT, _STAGED, _VERDICTS = "celtintShot", "celtintStaged", "celtintVerdicts"


def collect_shot(instance: Any) -> None:
    """Look at every frame of an instance, and say what was found under the studios' keys.

    Raises:
        FileError, JobError, FramesError: The instance, or what it names, cannot be understood.

    """
    data = instance.data
    try:
        named = named_frames(data)
    except RequestError as error:
        raise JobError([str(error)]) from error
    reviews = data.get("celtintReviews")
    shot = gather(named, _options(instance), reviews=None if reviews is None else Path(reviews))
    data[_SHOT] = shot
    data[_VERDICTS] = {}
    for key, value in keys_of(shot).items():
        data.setdefault(key, value)
    if not data.get("representations"):
        data["representations"] = [representation_of(shot, shot.pattern.folder)]


def judged(rule: str, instance: Any) -> tuple[str, list[str]]:
    """How severe a rule is, and what it says about an instance."""
    verdict = judge_rule(instance.data[_SHOT], rule)
    instance.data[_VERDICTS][rule] = verdict
    return verdict.severity, [str(one) for one in verdict.findings]


def repair_rule(rule: str, instance: Any) -> list[str]:
    """Put right what a rule found, and look again; return what was done."""
    done = repair(instance.data[_SHOT], rule)
    collect_shot(instance)
    return done


def extract_version(instance: Any) -> None:
    """Make the version, if the instance is to be published; it appears by `integrate_version`."""
    shot: PaintedShot = instance.data[_SHOT]
    if shot.target is None:
        return
    verdicts: Mapping[str, Verdict] = instance.data[_VERDICTS]
    report = [verdicts[rule].to_dict() for rule in RULES if rule in verdicts]
    instance.data[_STAGED] = extract(shot, shot.target, report)


def integrate_version(instance: Any) -> None:
    """Let the version appear; say where it is under the studios' keys."""
    staged: Staged | None = instance.data.pop(_STAGED, None)
    if staged is None:
        return
    folder = integrate(staged)
    instance.data["publishDir"] = str(folder)
    instance.data["version"] = staged.target.version
    shot: PaintedShot = instance.data[_SHOT]
    instance.data["published_representations"] = [representation_of(shot, folder)]


def _options(instance: Any) -> Options:
    """The configuration, with what the instance itself says on top."""
    given = configuration(instance.context.data)
    options = given if isinstance(given, Options) else Options()
    if isinstance(given, Mapping):
        options = with_tables(options, given)
    elif given and not isinstance(given, Options):
        options = read_options(Path(given))
    return with_tables(options, asked_for(instance.data))
