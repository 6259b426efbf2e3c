"""What the pyblish plug-ins do: each is a few lines over one of these.

Data keys are the studios': an instance of family `celtint.paint` names its frames by `celtintPaint`
(a folder, a pattern or a job), by `stagingDir` and `files`, or by its first representation; what it
says of the shot (`frameStart`, `handleStart`, `fps`, `colorspace`, ...) is what the frames have to
agree with.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from ..errors import JobError
from .extract import extract
from .gather import gather, said_by
from .integrate import Staged, integrate
from .judge import Verdict, judge_rule
from .options import Options, ShotOptions, options_from, read_options
from .repairs import REPAIRS, repair
from .rules import RULES
from .shot import PaintedShot

FAMILY = "celtint.paint"
HOSTS = ["shell", "python", "nuke", "blender"]
CONFIG_VARIABLE = "CELTINT_PUBLISH_CONFIG"

_SHOT, _STAGED, _VERDICTS = "celtintShot", "celtintStaged", "celtintVerdicts"


class RuleError(Exception):
    """A rule found something; the message is what it found, one finding a line."""


def help_of(rule: str) -> str:
    """What a rule asks for, to an artist."""
    return RULES[rule].help


def label_of(rule: str) -> str:
    """What a rule is called."""
    return RULES[rule].label


def collect_named(context: Any) -> None:
    """Make an instance of each painted shot that `context.data["celtintPaint"]` names."""
    named = context.data.get("celtintPaint") or ()
    for one in [named] if isinstance(named, str | os.PathLike) else named:
        instance = context.create_instance(Path(one).name)
        instance.data.update(family=FAMILY, families=[FAMILY], celtintPaint=os.fspath(one))


def collect_shot(instance: Any) -> None:
    """Look at every frame of an instance, and say what was found under the studios' keys."""
    data = instance.data
    options = _options(instance)
    named = _named(data)
    shot = gather(named, options, said=said_by(options), reviews=data.get("celtintReviews"))
    data[_SHOT] = shot
    data[_VERDICTS] = {}
    numbers = [one.frame for one in shot.frames]
    header = next((one.header for one in shot.frames if one.header is not None), None)
    if numbers:
        data.setdefault("frameStart", numbers[0])
        data.setdefault("frameEnd", numbers[-1])
    data.setdefault("handleStart", options.shot.handleStart)
    data.setdefault("handleEnd", options.shot.handleEnd)
    data.setdefault("fps", options.shot.fps)
    if header is not None:
        data.setdefault("resolutionWidth", header.display_window.width)
        data.setdefault("resolutionHeight", header.display_window.height)
        data.setdefault("pixelAspect", header.pixel_aspect)
    if shot.frames:
        data.setdefault("colorspace", shot.frames[0].celtint.get("colorspace"))
    if not data.get("representations"):
        data["representations"] = [_representation(shot, shot.pattern.folder)]


def check(rule: str, instance: Any, log: Any) -> None:
    """Judge an instance by one rule.

    Raises:
        RuleError: The rule found something, and is an error.

    """
    verdict = judge_rule(instance.data[_SHOT], rule)
    instance.data[_VERDICTS][rule] = verdict
    if verdict.is_error:
        raise RuleError("\n".join(map(str, verdict.findings)))
    for finding in verdict.findings:
        log.warning("%s", finding)


def repair_failed(context: Any, plugin: Any) -> list[str]:
    """Put right what a plug-in found in its instances, and look at them again."""
    done: list[str] = []
    for result in context.data["results"]:
        # By name: pyblish makes new classes whenever plug-ins are discovered again.
        is_failure = result["error"] is not None and result["instance"] is not None
        if not is_failure or result["plugin"].__name__ != plugin.__name__:
            continue
        instance = result["instance"]
        done += repair(instance.data[_SHOT], plugin.rule)
        collect_shot(instance)
    return done


def is_repairable(rule: str) -> bool:
    """Whether there is a repair for a rule."""
    return rule in REPAIRS


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
    shot: PaintedShot = instance.data[_SHOT]
    instance.data["publishDir"] = str(folder)
    instance.data["version"] = staged.target.version
    instance.data["published_representations"] = [_representation(shot, folder)]


def _options(instance: Any) -> Options:
    """The configuration, with what the instance itself says on top.

    Raises:
        JobError: It cannot be understood, or the instance says what cannot be.

    """
    data = instance.data
    given = instance.context.data.get("celtintOptions") or os.environ.get(CONFIG_VARIABLE)
    if isinstance(given, Options):
        options = given
    elif isinstance(given, Mapping):
        options = options_from(given)
    else:
        options = read_options(Path(given)) if given else Options()
    # Asked for once: what the collector fills in later is what it found, not what was asked.
    said = data.setdefault(
        "celtintSaid", {one.name: data[one.name] for one in fields(ShotOptions) if one.name in data}
    )
    try:
        shot = replace(options.shot, **said)
        publish = options.publish
        if data.get("celtintPublishTo"):
            publish = replace(publish, to=os.fspath(data["celtintPublishTo"]))
        if publish.to is not None and data.get("version") is not None:
            publish = replace(publish, version=int(data["version"]))
        return replace(options, shot=shot, publish=publish)
    except (TypeError, ValueError) as error:
        if isinstance(error, JobError):
            raise
        raise JobError([f"The instance says what cannot be: {error}"]) from error


def _named(data: Mapping[str, Any]) -> str:
    """The painted frames of an instance."""
    if data.get("celtintPaint"):
        return os.fspath(data["celtintPaint"])
    for one in (data, *(data.get("representations") or ())):
        files = one.get("files")
        if one.get("stagingDir") and files:
            first = files if isinstance(files, str) else files[0]
            return str(Path(one["stagingDir"]) / first)
        if one.get("stagingDir"):
            return os.fspath(one["stagingDir"])
    raise JobError(
        ["The instance names no frames: set `celtintPaint`, or `stagingDir` and `files`."]
    )


def _representation(shot: PaintedShot, folder: Path) -> dict[str, Any]:
    names = [one.path.name for one in shot.frames]
    return {
        "name": "exr",
        "ext": "exr",
        "files": names[0] if len(names) == 1 else names,
        "stagingDir": str(folder),
        "frameStart": shot.frames[0].frame if shot.frames else None,
        "frameEnd": shot.frames[-1].frame if shot.frames else None,
        "fps": shot.options.shot.fps,
        "colorspace": shot.frames[0].celtint.get("colorspace") if shot.frames else None,
    }
