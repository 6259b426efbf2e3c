"""What the pyblish plug-ins do, here or in a Python that has what celtint needs.

Standard library only and valid Python 3.9: Nuke and Blender bring their own Python, without the
image libraries, which never go onto their path. There every step runs `celtint publish` as a
process of its own, by the interpreter that `$CELTINT_PYTHON` names.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..process import clean_environment
from .request import asked_for, configuration, named_frames

FAMILY = "celtint.paint"
HOSTS = ["shell", "python", "nuke", "blender"]
PYTHON_VARIABLE = "CELTINT_PYTHON"

_NEEDED = ("OpenImageIO", "PyOpenColorIO", "cv2", "numpy", "fileseq", "filelock")
_REPORT = "celtintReport"
_BAD_ENDINGS = (3, 4, 5)


class PublishError(Exception):
    """A rule found something, or a step failed; the message is for the artist."""


def is_elsewhere() -> bool:
    """Whether the steps run in another Python."""
    if os.environ.get(PYTHON_VARIABLE):
        return True
    return sys.version_info < (3, 11) or any(
        importlib.util.find_spec(name) is None for name in _NEEDED
    )


@functools.cache
def _rules() -> dict[str, str]:
    """Rule to help text, read from their source: importing them takes the image libraries."""
    found = {}
    for path in sorted((Path(__file__).parent / "rules").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                found[node.name] = inspect.cleandoc(ast.get_docstring(node) or "")
    return found


def help_of(rule: str) -> str:
    """What a rule asks for, to an artist."""
    return _rules()[rule]


def label_of(rule: str) -> str:
    """What a rule is called."""
    return rule.replace("_", " ").capitalize()


def collect_named(context: Any) -> None:
    """Make an instance of each painted shot that `context.data["celtintPaint"]` names."""
    named = context.data.get("celtintPaint") or ()
    for one in [named] if isinstance(named, (str, os.PathLike)) else named:
        instance = context.create_instance(Path(one).name)
        instance.data.update(family=FAMILY, families=[FAMILY], celtintPaint=os.fspath(one))


def collect_shot(instance: Any) -> None:
    """Look at every frame of an instance, and say what was found under the studios' keys."""
    if is_elsewhere():
        asked_for(instance.data)
        _keep(instance, _called(instance))
        return
    from . import steps  # noqa: PLC0415 - where it can be imported

    steps.collect_shot(instance)


def check(rule: str, instance: Any, log: Any) -> None:
    """Judge an instance by one rule.

    Raises:
        PublishError: The rule found something, and is an error.

    """
    if _REPORT in instance.data:
        verdicts = {one["rule"]: one for one in instance.data[_REPORT]["rules"]}
        severity, told = verdicts[rule]["severity"], verdicts[rule]["told"]
    else:
        from . import steps  # noqa: PLC0415 - as above

        severity, told = steps.judged(rule, instance)
    if told and severity == "error":
        raise PublishError("\n".join(told))
    for text in told:
        log.warning("%s", text)


def repair_failed(context: Any, plugin: Any) -> list[str]:
    """Put right what a plug-in found in its instances, and look at them again."""
    done: list[str] = []
    for result in context.data["results"]:
        # By name: pyblish makes new classes whenever plug-ins are discovered again.
        is_failure = result["error"] is not None and result["instance"] is not None
        if not is_failure or result["plugin"].__name__ != plugin.__name__:
            continue
        instance = result["instance"]
        if _REPORT in instance.data:
            report = _called(instance, "--repair", "--only", plugin.rule)
            done += report["repaired"]
            _keep(instance, report)
        else:
            from . import steps  # noqa: PLC0415 - as above

            done += steps.repair_rule(plugin.rule, instance)
    return done


def extract_version(instance: Any) -> None:
    """Make the version; it appears by `integrate_version`. Elsewhere that does both."""
    if _REPORT not in instance.data:
        from . import steps  # noqa: PLC0415 - as above

        steps.extract_version(instance)


def integrate_version(instance: Any) -> None:
    """Let the version appear; say where it is under the studios' keys."""
    data = instance.data
    if _REPORT not in data:
        from . import steps  # noqa: PLC0415 - as above

        steps.integrate_version(instance)
        return
    if data[_REPORT]["target"] is None:
        return
    report = _called(instance, "--publish")
    if report["published"] is None:
        told = [text for one in report["rules"] for text in one["told"]]
        raise PublishError("\n".join(["It was not published.", *report["problems"], *told]))
    data["publishDir"] = report["published"]
    data["version"] = report["version"]
    data["published_representations"] = [
        {**report["representation"], "stagingDir": report["published"]}
    ]


def _called(instance: Any, *arguments: str) -> dict[str, Any]:
    """What `celtint publish --json` says about an instance.

    Raises:
        PublishError: It cannot be run, or cannot understand what it is asked.

    """
    data = instance.data
    tables = {name: dict(table) for name, table in asked_for(data).items()}
    command = [os.environ.get(PYTHON_VARIABLE) or sys.executable, "-m", "celtint.plugin.cli"]
    command += ["publish", named_frames(data), "--json"]
    if "--publish" not in arguments:
        command.append("--check")
    config = configuration(instance.context.data)
    if isinstance(config, (str, os.PathLike)):
        command += ["--config", os.fspath(config)]
    elif config:
        for name, table in config.items():
            tables[name] = {**table, **tables.get(name, {})}
    command += ["--set", json.dumps(tables)]
    command += [one for one in arguments if one != "--publish"]
    if data.get("celtintReviews"):
        command += ["--reviews", os.fspath(data["celtintReviews"])]
    try:
        ended = subprocess.run(
            command, check=False, capture_output=True, text=True, env=clean_environment()
        )
        report: dict[str, Any] = json.loads(ended.stdout)
    except OSError as error:
        raise PublishError(
            f"celtint cannot be started by {command[0]}: {error}. Set {PYTHON_VARIABLE} to the "
            "Python that has it."
        ) from error
    except ValueError as error:
        said = ended.stderr.strip()[-500:]
        raise PublishError(f"celtint did not answer ({command[0]}): {said}") from error
    if "rules" not in report:
        raise PublishError("\n".join(report["problems"]))
    return report


def _keep(instance: Any, report: dict[str, Any]) -> None:
    data = instance.data
    data[_REPORT] = report
    for key, value in report["keys"].items():
        data.setdefault(key, value)
    if not data.get("representations"):
        data["representations"] = [report["representation"]]
