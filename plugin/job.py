"""A job: everything that a run needs to know, as JSON.

Standard library only and valid Python 3.9: hosts write jobs with their own Python.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, Union

from .errors import JobError

JOB_VERSION = 1
FINISHES = ("flat", "painted")
OUTPUT_LAYERS = ("all", "rgba", "index", "cryptomatte")
_PLAIN = frozenset({"all", "rgba"})
DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")

Setting = Union[bool, int, float, str]


@dataclass(frozen=True)
class Source:
    """Images to read: line art, or hints.

    Attributes:
        path: `line.####.exr`, `line.%04d.exr`, `line.$F4.exr`, or any one frame of the sequence.
        layer: The layer inside the files; None takes the obvious one.
        colorspace: Name in the OpenColorIO config; None takes what the files say, or the default.

    """

    path: str
    layer: str | None = None
    colorspace: str | None = None


@dataclass(frozen=True)
class Output:
    """Images to write.

    Attributes:
        path: A frame pattern.
        colorspace: Name in the OpenColorIO config; None takes that of the line art.
        layers: `all`, or `rgba` for the paint under the line alone: Blender 4.2 shows no other;
            then, each after a comma, what else: `index`, `cryptomatte`.

    """

    path: str
    colorspace: str | None = None
    layers: str = "all"


@dataclass(frozen=True)
class Job:
    """One shot to colour.

    Attributes:
        line: The line art; it decides which frames there are.
        hint: The hints; None where they are the `hint` layer of the line art's files.
        out: Where the painted frames go.
        frames: Which frames, `1001-1048x2,1060`; None for every frame of line art on disk.
        finish: `flat` or `painted`.
        settings: Settings of the finish by name, `{"gap_px": 3}`; the engine knows which there are.
        model: A named model or a weight file; None for the finish's own choice.
        device: `auto`, `cpu`, `cuda` or `cuda:1`.
        ocio: An OpenColorIO config; None takes `$OCIO`, then the pinned ACES config.
        palette: A palette file (.json, .gpl) whose names and numbers colours get; None for none.
        overwrite: May files that celtint did not write be replaced?

    Raises:
        JobError: a value is wrong; holds every problem.

    """

    line: Source
    out: Output
    hint: Source | None = None
    frames: str | None = None
    finish: str = "flat"
    settings: Mapping[str, Setting] = field(default_factory=dict)
    model: str | None = None
    device: str = "auto"
    ocio: str | None = None
    palette: str | None = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        problems = _problems_of(self.to_dict())
        if problems:
            raise JobError(problems)
        # The job is hashed and handed to threads; nobody may change it under them.
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))

    def __reduce__(self) -> tuple[Any, tuple[dict[str, Any]]]:
        """Another process has an equal one."""
        return Job.from_dict, (self.to_dict(),)

    def to_dict(self) -> dict[str, Any]:
        """The job as plain JSON values, with its version."""
        return {
            "celtint_job": JOB_VERSION,
            "line": asdict(self.line),
            "hint": None if self.hint is None else asdict(self.hint),
            "out": asdict(self.out),
            "frames": self.frames,
            "finish": self.finish,
            "settings": dict(self.settings),
            "model": self.model,
            "device": self.device,
            "ocio": self.ocio,
            "palette": self.palette,
            "overwrite": self.overwrite,
        }

    def to_json(self) -> str:
        """The job as one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=True, sort_keys=True)

    @classmethod
    def from_dict(cls, document: Any) -> Job:
        """A job from plain JSON values.

        Raises:
            JobError: holds every problem: unknown keys, wrong types, missing and bad values.

        """
        problems = _problems_of(document)
        if problems:
            raise JobError(problems)
        values = {key: value for key, value in document.items() if key != "celtint_job"}
        hint = values.get("hint")
        values["line"] = Source(**values["line"])
        values["hint"] = None if hint is None else Source(**hint)
        values["out"] = Output(**values["out"])
        return cls(**values)

    @classmethod
    def from_json(cls, text: str) -> Job:
        """A job from JSON text.

        Raises:
            JobError: the text is not JSON, or not a job; holds every problem.

        """
        repeated: list[str] = []

        def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            names = [name for name, _ in pairs]
            repeated.extend(sorted({name for name in names if names.count(name) > 1}))
            return dict(pairs)

        try:
            document = json.loads(text, object_pairs_hook=unique)
        except (ValueError, RecursionError) as error:
            raise JobError([f"The job is not JSON: {error}"]) from error
        problems = [f"The job says `{name}` more than once." for name in repeated]
        try:
            job = cls.from_dict(document)
        except JobError as error:
            raise JobError([*problems, *error.problems]) from error
        if problems:
            raise JobError(problems)
        return job


_TYPES = {
    "an object": lambda value: isinstance(value, Mapping),
    "text": lambda value: isinstance(value, str) and bool(value.strip()),
    "true or false": lambda value: isinstance(value, bool),
}

# key -> (what it has to be, may it be null, has it to be there)
_JOB_KEYS = {
    "line": ("an object", False, True),
    "hint": ("an object", True, False),
    "out": ("an object", False, True),
    "frames": ("text", True, False),
    "finish": ("text", False, False),
    "settings": ("an object", False, False),
    "model": ("text", True, False),
    "device": ("text", False, False),
    "ocio": ("text", True, False),
    "palette": ("text", True, False),
    "overwrite": ("true or false", False, False),
}
_SOURCE_KEYS = {
    "path": ("text", False, True),
    "layer": ("text", True, False),
    "colorspace": ("text", True, False),
}
_OUTPUT_KEYS = {
    "path": ("text", False, True),
    "colorspace": ("text", True, False),
    "layers": ("text", False, False),
}


def _problems_of(document: Any) -> list[str]:
    """Everything that is wrong with a job's JSON values; an empty list for a good job."""
    if not isinstance(document, Mapping):
        return [f"A job is a JSON object, not {_shown(document)}."]
    version = document.get("celtint_job")
    if version != JOB_VERSION or isinstance(version, bool):
        # Another version may mean other things by the same keys: reading on would mislead.
        return [
            f"This is a job of version {_shown(version)}, and this celtint reads version "
            f"{JOB_VERSION} (`celtint_job`): use the celtint that wrote it."
        ]
    body = {key: value for key, value in document.items() if key != "celtint_job"}
    problems = _key_problems(body, _JOB_KEYS, "")
    for name, keys in (("line", _SOURCE_KEYS), ("hint", _SOURCE_KEYS), ("out", _OUTPUT_KEYS)):
        if isinstance(body.get(name), Mapping):
            problems += _key_problems(body[name], keys, name + ".")
    finish, device, settings = (body.get(key) for key in ("finish", "device", "settings"))
    if isinstance(finish, str) and finish.strip() and finish not in FINISHES:
        problems.append(f"`finish` is one of {', '.join(FINISHES)}, not {_shown(finish)}.")
    out = body.get("out")
    layers = out.get("layers", "all") if isinstance(out, Mapping) else "all"
    if isinstance(layers, str) and layers.strip() and not output_layers(layers):
        problems.append(
            "`out.layers` is all or rgba, then, each after a comma, index and cryptomatte, not "
            f"{_shown(layers)}."
        )
    if isinstance(layers, str) and finish == "painted" and set(output_layers(layers)) - _PLAIN:
        problems.append(
            "`out.layers`: the painted finish has no palette, so it writes no index and no "
            "cryptomatte."
        )
    if isinstance(device, str) and device.strip() and not DEVICE.fullmatch(device):
        problems.append(f"`device` is auto, cpu, cuda or cuda:1, not {_shown(device)}.")
    if isinstance(settings, Mapping):
        problems += [
            f"`settings.{name}` is a finite number, text, true or false, not {_shown(value)}."
            for name, value in settings.items()
            if not _is_setting(value)
        ]
    return problems


def _key_problems(
    values: Mapping[str, Any], keys: Mapping[str, tuple[str, bool, bool]], prefix: str
) -> list[str]:
    """Unknown keys, missing keys and values of a wrong type."""
    problems = [
        f"`{prefix}{key}` is not a key of a job; known here: {', '.join(keys)}."
        for key in values
        if key not in keys
    ]
    for key, (wanted, may_be_null, is_needed) in keys.items():
        if key not in values:
            if is_needed:
                problems.append(f"`{prefix}{key}` is missing: {wanted}.")
            continue
        value = values[key]
        if value is None and may_be_null:
            continue
        if not _TYPES[wanted](value):
            null = " or null" if may_be_null else ""
            problems.append(f"`{prefix}{key}` is {wanted}{null}, not {_shown(value)}.")
        elif wanted == "text" and not is_utf8(value):
            problems.append(
                f"`{prefix}{key}` is no UTF-8 text, and nothing of such a name can be opened: "
                f"{_shown(value)}."
            )
    return problems


def output_layers(text: str) -> tuple[str, ...]:
    """What `Output.layers` asks for, in the order of `OUTPUT_LAYERS`; empty where it is no list.

    >>> output_layers("all, cryptomatte")
    ('all', 'cryptomatte')
    """
    asked = [word.strip() for word in text.split(",")]
    known = set(asked) <= set(OUTPUT_LAYERS) and len(set(asked)) == len(asked)
    if not known or len(_PLAIN.intersection(asked)) != 1:
        return ()
    return tuple(layer for layer in OUTPUT_LAYERS if layer in asked)


def is_utf8(text: str) -> bool:
    """False for text with a NUL, or with bytes that the system could not read as UTF-8."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def _is_setting(value: Any) -> bool:
    if isinstance(value, (int, float)):
        try:
            return math.isfinite(value)
        except OverflowError:  # JSON has no largest number
            return False
    return isinstance(value, str)


def _shown(value: Any) -> str:
    """A value as it stands in JSON, cut so that a hostile job cannot fill the screen."""
    text = json.dumps(value, default=repr)
    return text if len(text) <= 60 else text[:57] + "..."
