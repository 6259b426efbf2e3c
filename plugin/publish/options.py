"""What a studio asks of a painted shot: one TOML file, every key with its default."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..errors import FileError, JobError

SEVERITIES = ("error", "warning", "off")

RULE_NAMES = (
    "frame_range",
    "padding",
    "decodes",
    "windows",
    "channels",
    "colour_space",
    "finite",
    "palette",
    "hints",
    "unpainted",
    "flips",
    "doubtful",
    "provenance",
    "truth",
    "existing_version",
    "leftovers",
)
"""Every rule, in the order in which they are told."""


@dataclass(frozen=True)
class ShotOptions:
    """What the production says about the shot, where no host does. Keys as the studios spell them.

    Keys that are left out are not checked, or are taken from the line art.
    """

    frameStart: int | None = None  # noqa: N815 - the studios' spelling, here and below
    """First frame of the cut, inclusive."""
    frameEnd: int | None = None  # noqa: N815
    """Last frame of the cut, inclusive."""
    handleStart: int = 0  # noqa: N815
    """Frames before the cut, a count."""
    handleEnd: int = 0  # noqa: N815
    """Frames after the cut, a count."""
    fps: float = 24.0
    """Frames per second, of the review movie."""
    resolutionWidth: int | None = None  # noqa: N815
    """Width of the display window, in pixels."""
    resolutionHeight: int | None = None  # noqa: N815
    """Height of the display window, in pixels."""
    pixelAspect: float | None = None  # noqa: N815
    """Width of a pixel over its height."""
    colorspace: str | None = None
    """Colour space of the paint, a name of the OpenColorIO config."""


@dataclass(frozen=True)
class Limits:
    """From where on something is worth a word."""

    doubtful_below: float = 0.25
    """Confidence, 0..1, under which a region has to be reviewed."""
    doubtful_px: int = 16
    """Doubtful patches of less area, in pixels, are let pass."""
    unpainted_px: int = 0
    """Unpainted patches of up to this area, in pixels, are let pass."""
    flip_px: int = 64
    """Patches of less area, in pixels of the file, are too small to say that they flipped."""
    flip_share: float = 0.8
    """How sure the frame before must be of another colour, 0..1."""


@dataclass(frozen=True)
class PublishOptions:
    """What a published version holds."""

    to: str | None = None
    """Folder of the versions; `{shot}` stands for the shot's name."""
    version: int | None = None
    """Which version to make, from 1; left out, the one after the last."""
    sheet: bool = True
    """Whether there is a contact sheet."""
    movie: bool = True
    """Whether there is a review movie."""
    movie_width: int = 1280
    """Widest the review movie may be, in pixels."""


@dataclass(frozen=True)
class Options:
    """A whole configuration.

    Attributes:
        rules: Rule to `error`, `warning` or `off`; what is left out is an `error`.
        limits, shot, publish: See there.

    """

    rules: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = Limits()
    shot: ShotOptions = ShotOptions()
    publish: PublishOptions = PublishOptions()

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", MappingProxyType(dict(self.rules)))
        problems = _contradictions(self)
        if problems:
            raise JobError(problems)

    def severity(self, rule: str) -> str:
        """What a finding of a rule is."""
        return self.rules.get(rule, "error")


_TABLES: dict[str, Any] = {"limits": Limits, "shot": ShotOptions, "publish": PublishOptions}


def read_options(path: Path) -> Options:
    """Options from a TOML file.

    Raises:
        FileError: It cannot be read.
        JobError: It is no TOML, or says what nobody understands; holds every problem.

    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise JobError([f"{path} is no TOML file: {error}"]) from error
    try:
        return options_from(document)
    except JobError as error:
        raise JobError([f"{path}: {problem}" for problem in error.problems]) from error


def options_from(document: Mapping[str, Any]) -> Options:
    """Options from the tables of a TOML file.

    Raises:
        JobError: Unknown tables or keys, wrong types, contradictions: every one of them.

    """
    known = ("rules", *_TABLES)
    problems = [
        f"`{key}` is no table; there are {', '.join(known)}."
        for key in document
        if key not in known
    ]
    tables: dict[str, Any] = {}
    for name in known:
        given = document.get(name, {})
        if not isinstance(given, Mapping):
            problems.append(f"`{name}` is a table, [{name}].")
        elif name == "rules":
            tables["rules"] = dict(given)
        else:
            wrong = _table_problems(name, _TABLES[name], given)
            problems += wrong
            if not wrong:
                tables[name] = _TABLES[name](**given)
    try:
        options = Options(**tables)
    except JobError as error:
        problems += error.problems
    if problems:
        raise JobError(problems)
    return options


def with_tables(options: Options, tables: Mapping[str, Any]) -> Options:
    """Options with the keys of some tables replaced.

    Raises:
        JobError: As `options_from`.

    """
    whole: dict[str, Any] = {"rules": dict(options.rules)}
    for name in _TABLES:
        given = asdict(getattr(options, name))
        whole[name] = {key: value for key, value in given.items() if value is not None}
    for name, table in tables.items():
        if isinstance(table, Mapping) and name in whole:
            whole[name].update(table)
        else:
            whole[name] = table
    return options_from(whole)


def _table_problems(name: str, kind: Any, given: Mapping[str, Any]) -> list[str]:
    types = {one.name: str(one.type).removesuffix(" | None") for one in fields(kind)}
    problems = []
    for key, value in given.items():
        wanted = types.get(key)
        if wanted is None:
            problems.append(f"`{name}.{key}` is no key; there are {', '.join(types)}.")
        elif type(value).__name__ != wanted and (wanted, type(value)) != ("float", int):
            problems.append(f"`{name}.{key}` is a {wanted}, not {value!r}.")
    return problems


def _contradictions(options: Options) -> list[str]:
    problems = []
    for rule, severity in options.rules.items():
        if rule not in RULE_NAMES:
            problems.append(f"`rules.{rule}` is no rule; there are {', '.join(RULE_NAMES)}.")
        elif severity not in SEVERITIES:
            problems.append(f"`rules.{rule}` is one of {', '.join(SEVERITIES)}, not {severity!r}.")
    shot, limits, publish = options.shot, options.limits, options.publish
    if (shot.frameStart is None) != (shot.frameEnd is None):
        problems.append("`shot.frameStart` and `shot.frameEnd` go together.")
    elif (shot.frameEnd or 0) < (shot.frameStart or 0):
        problems.append("`shot.frameEnd` lies before `shot.frameStart`.")
    if min(shot.handleStart, shot.handleEnd) < 0:
        problems.append("`shot.handleStart` and `shot.handleEnd` are counts, 0 or more.")
    if not 0 < shot.fps <= 1000:
        problems.append("`shot.fps` is more than 0.")
    if not (0 <= limits.doubtful_below <= 1 and 0.5 <= limits.flip_share <= 1):
        problems.append("`limits.doubtful_below` is 0..1 and `limits.flip_share` 0.5..1.")
    if min(limits.doubtful_px, limits.unpainted_px, limits.flip_px) < 0:
        problems.append("Areas in `limits` are 0 pixels or more.")
    if publish.version is not None and publish.version < 1:
        problems.append("`publish.version` is 1 or more.")
    if publish.movie_width < 16:
        problems.append("`publish.movie_width` is 16 pixels or more.")
    return problems
