"""What a clip is to be: its size, its lines, its hints. Mixtures for the paper and for ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from ..errors import ConfigError

Mode = Literal["line_art", "greyscale"]

Follows = Literal["drawings", "film"]

LineSource = Literal["ink", "boundaries", "canny", "xdog"]

HintKind = Literal[
    "paper", "clean", "sparse", "clean_first", "dabs_first", "dabs_some", "dabs_all", "none"
]

PAPER_LINES: Mapping[LineSource, float] = {"canny": 1.0}
PAPER_HINTS: Mapping[HintKind, float] = {"paper": 1.0}

OUR_LINES: Mapping[LineSource, float] = {"ink": 0.7, "canny": 0.1, "xdog": 0.1, "boundaries": 0.1}
OUR_HINTS: Mapping[HintKind, float] = {
    "paper": 0.25,
    "sparse": 0.2,
    "clean_first": 0.1,
    "dabs_first": 0.2,
    "dabs_some": 0.15,
    "dabs_all": 0.05,
    "none": 0.05,
}


@dataclass(frozen=True)
class ClipConfig:
    """How clips are cut from shots and what is shown with them.

    Attributes:
        crop_px: Height and width of a clip, pixels.
        frames: Frames of a clip.
        stride: Largest step between a clip's frames; each clip draws its own, 1 to this.
        follows: `drawings`: each frame is another drawing; `film`: holds are frames too.
        mode: `line_art`, or `greyscale`: the luma of the finished frame.
        lines: How often each source of lines is used, by weight. Where a shot does not have what a
            source needs (`ink` and `boundaries` in a set from video) the others stand in.
        styled: Share of clips whose lines get a random style.
        recoloured: Share of clips whose palette is drawn anew.
        flipped: Share of clips that are mirrored, left to right.
        zoom: A clip shows at most this many times its own pixels either way, scaled down.
        whole: Share of clips that show as much of the frame as a square can.
        hints: How often each kind of hint is used, by weight. `paper`: 1 % of the 4x4 patches on
            every frame; `clean`: of those of one colour; `sparse`: the same, 0.03 % to 1 %;
            `clean_first`: on the first frame alone; `dabs_first`: dabs of exact colour there;
            `dabs_some`: and a few on some later frames; `dabs_all`: on every frame; `none`.
        seed: Where all chance comes from.
        lanes: Shots that are drawn from side by side. Workers must divide them.
        held_shots: Decoded shots in each lane.
        clips_per_shot: Clips cut from a shot before it makes room for another.

    """

    crop_px: int = 128
    frames: int = 3
    stride: int = 1
    follows: Follows = "drawings"
    mode: Mode = "line_art"
    lines: Mapping[LineSource, float] = field(default_factory=lambda: dict(OUR_LINES))
    styled: float = 0.7
    recoloured: float = 1.0
    flipped: float = 0.5
    zoom: float = 2.0
    whole: float = 0.1
    hints: Mapping[HintKind, float] = field(default_factory=lambda: dict(OUR_HINTS))
    seed: int = 0
    lanes: int = 8
    held_shots: int = 2
    clips_per_shot: int = 8

    def __post_init__(self) -> None:
        problems = [
            f"{name} is {getattr(self, name)}, expected at least {least}"
            for name, least in (
                ("crop_px", 8),
                ("frames", 1),
                ("stride", 1),
                ("zoom", 1),
                ("lanes", 1),
                ("held_shots", 1),
                ("clips_per_shot", 1),
                ("seed", 0),
            )
            if not getattr(self, name) >= least
        ]
        problems += [
            f"{name} is {getattr(self, name)}, expected a share, 0..1"
            for name in ("styled", "recoloured", "flipped", "whole")
            if not 0 <= getattr(self, name) <= 1
        ]
        for name, known in (("mode", Mode), ("follows", Follows)):
            value, choices = getattr(self, name), get_args(known)
            if value not in choices:
                problems.append(f"{name} is {value!r}, expected one of {', '.join(choices)}")
        for name, kinds in (("lines", LineSource), ("hints", HintKind)):
            problems += _problems_of_weights(name, getattr(self, name), get_args(kinds))
        if problems:
            raise ConfigError(problems)


def paper_clips(mode: Mode = "line_art", **changes: object) -> ClipConfig:
    """The paper's clips: Canny edges or luma, 1 % of 4x4 patches, colours as they are.

    Two consecutive frames of the film, as the paper's discriminator sees them.
    """
    settings: dict[str, object] = {
        "frames": 2,
        "mode": mode,
        "lines": dict(PAPER_LINES),
        "hints": dict(PAPER_HINTS),
        "styled": 0.0,
        "recoloured": 0.0,
    }
    return ClipConfig(**(settings | changes))  # type: ignore[arg-type]  # checked by the class


def _problems_of_weights(
    name: str, weights: Mapping[str, float], kinds: tuple[str, ...]
) -> list[str]:
    unknown = sorted(set(weights) - set(kinds))
    problems = [f"{name} has no kind {kind!r}: there are {', '.join(kinds)}" for kind in unknown]
    problems += [
        f"{name}.{kind} is {weight}, expected 0 or more"
        for kind, weight in weights.items()
        if not weight >= 0
    ]
    if not problems and not sum(weights.values()) > 0:
        problems.append(f"{name} needs a kind with a weight above 0")
    return problems
