"""Who is in the shot `meadow`: drawings by people, and how they move."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import read_drawing
from stage import Actor, Joint

FIRST_FRAME, LAST_FRAME = 1001, 1026
LATE_FRAME = 1013  # the beagle leaps in
STEP = 1.2  # units of a drawing between the points of its curves; about a pixel on screen

PALETTE = {
    "sky": "#a6dcef",
    "sun": "#ffd23f",
    "cloud": "#f4f6fb",
    "grass": "#8fc74a",
    "earth": "#a8795b",
    "pond": "#5fb6d9",
    "trunk": "#7d5237",
    "leaves": "#3f9a56",
    "apple": "#d8343f",
    "white": "#ffffff",
    "girl skin": "#fbd5c8",
    "girl skin shade": "#eab0a8",
    "girl hair": "#b3161b",
    "girl eyes": "#5a3d1c",
    "girl lips": "#e64fa8",
    "girl earring": "#f5e14a",
    "girl top": "#ff8a1f",
    "girl top shade": "#dd5512",
    "girl skirt": "#9be02c",
    "girl tights": "#8a6a80",
    "boy skin": "#e8b87a",
    "boy hair": "#2f86e8",
    "boy eyes": "#5b50e0",
    "boy shirt": "#fff04a",
    "boy shirt inside": "#efb41c",
    "boy shorts": "#33b36b",
    "boy shorts inside": "#1d7a48",
    "boy legs": "#c48c52",
    "boy shoes": "#1f5fae",
    "bear fur": "#9c6029",
    "bear pads": "#7a3f1a",
    "bear bow": "#f0283c",
    "dog fur": "#cdb768",
    "dog muzzle": "#b79e45",
    "dog jowl": "#9a8443",
    "dog ear": "#cc8a14",
    "dog collar": "#3b49c8",
    "beagle coat": "#b0501c",
    "beagle cream": "#f2ecc4",
    "beagle leash": "#7c2fb0",
    "steel": "#8d939b",
}


def cast(sources: Path) -> list[Actor]:
    """Every actor, rearmost first; the dog passes in front of the boy."""
    return [actor(sources) for actor in (_beagle, _girl, _boy, _bear, _dog)]


def travel(
    start: tuple[float, float], end: tuple[float, float], *, hop: float = 0.0, period: float = 8.0
) -> dict[int, tuple[float, float]]:
    """From one place to another over the shot, hopping every `period` frames; in pixels."""
    path = {}
    for frame in range(FIRST_FRAME, LAST_FRAME + 1):
        u = (frame - FIRST_FRAME) / (LAST_FRAME - FIRST_FRAME)
        x = start[0] + u * (end[0] - start[0])
        y = start[1] + u * (end[1] - start[1])
        up = hop * abs(float(np.sin(np.pi * (frame - FIRST_FRAME) / period)))
        path[frame] = (x, y - up)
    return path


def _leap() -> dict[int, tuple[float, float]]:
    """The beagle's leap: off stage, then in at one bound, then it hangs in the air and lands."""
    path = {}
    for frame in range(LATE_FRAME, LAST_FRAME + 1):
        u = (frame - LATE_FRAME) / (LAST_FRAME - LATE_FRAME)
        ease = 1.0 - (1.0 - u) ** 2
        path[frame] = (150.0 + 95.0 * ease, 470.0 - 260.0 * u * (1.0 - u) * 1.6 + 40.0 * u)
    return path


def _girl(sources: Path) -> Actor:
    return Actor(
        "girl",
        read_drawing(sources / "ragazza_rossa.svg", step=STEP),
        {
            "#ffd9e7": "girl skin",
            "#ffbfd6": "girl skin shade",
            "#bf0000": "girl hair",
            "#ffffff": "white",
            "#5a3d1c": "girl eyes",
            "#ffff00": "girl earring",
            "#ff40ff": "girl lips",
            "#ff7f00": "girl top",
            "#ff4000": "girl top shade",
            "#7dff00": "girl skirt",
            "#916d7a": "girl tights",
        },
        first_shape_id=300,
        anchor=(98.0, 396.0),
        scale=1.08,
        path=travel((425.0, 588.0), (441.0, 588.0), hop=10.0, period=6.0),
        joints=(
            Joint((160.0, 92.0), (182.0, 20.0), 50.0, 13.0, 12.0),
            Joint((48.0, 84.0), (22.0, 30.0), 50.0, -12.0, 12.0, 0.15),
            Joint((100.0, 130.0), (100.0, 80.0), 48.0, 5.0, 16.0, 0.3),
            Joint((120.0, 230.0), (145.0, 320.0), 60.0, 7.0, 12.0, 0.5),
        ),
        contour_px=1.3,
        left_out=frozenset({0}),
        sway=(2.0, 12.0),
    )


def _boy(sources: Path) -> Actor:
    return Actor(
        "boy",
        read_drawing(sources / "ragazzo.svg", step=STEP),
        {
            "#0080ff": "boy hair",
            "#f0c484": "boy skin",
            "#ffffff": "white",
            "#4d4dff": "boy eyes",
            "#ffff00": "boy shirt",
            "#ffbf00": "boy shirt inside",
            "#7dff00": "boy shorts",
            "#00a33d": "boy shorts inside",
            "#9d6e3e": "boy legs",
            "#0060b6": "boy shoes",
        },
        first_shape_id=400,
        anchor=(80.0, 392.0),
        scale=1.02,
        path=travel((690.0, 584.0), (676.0, 584.0), hop=12.0, period=6.0),
        joints=(
            Joint((136.0, 90.0), (150.0, 150.0), 46.0, 12.0, 12.0, 0.25),
            Joint((30.0, 120.0), (18.0, 190.0), 46.0, -11.0, 12.0, 0.1),
            Joint((76.0, 130.0), (62.0, 70.0), 50.0, 6.0, 14.0, 0.4),
            Joint((110.0, 250.0), (112.0, 330.0), 50.0, 6.0, 12.0, 0.6),
        ),
        contour_px=1.3,
        left_out=frozenset({0}),
        sway=(2.0, 14.0),
    )


def _bear(sources: Path) -> Actor:
    return Actor(
        "bear",
        read_drawing(sources / "simple_teddy_bear_with__01.svg", step=STEP),
        {
            "#a16121": "bear fur",
            "#834217": "bear pads",
            "#ffffff": "white",
            "#fb0f0c": "bear bow",
        },
        first_shape_id=500,
        anchor=(190.0, 424.0),
        scale=0.70,
        path=travel((1010.0, 610.0), (1010.0, 610.0)),
        joints=(
            Joint((186.0, 190.0), (186.0, 95.0), 110.0, 7.0, 16.0),
            Joint((100.0, 170.0), (45.0, 260.0), 70.0, 9.0, 12.0, 0.3),
            Joint((275.0, 170.0), (335.0, 250.0), 70.0, -9.0, 12.0, 0.3),
        ),
        contour_px=1.3,
        gap=(176.0, 4.0, 90.0, 22.0, 2.6),
    )


def _dog(sources: Path) -> Actor:
    return Actor(
        "dog",
        read_drawing(sources / "guarddog.svg", step=STEP),
        {
            "#c0ac57": "dog fur",
            "#ccb359": "dog fur",
            "#ccb35a": "dog fur",
            "#bfa63f": "dog muzzle",
            "#af9c52": "dog jowl",
            "#c79600": "dog ear",
            "#ff0000": "dog collar",
            "#ffffff": "white",
        },
        first_shape_id=600,
        anchor=(200.0, 420.0),
        scale=0.52,
        path=travel((880.0, 664.0), (575.0, 652.0), hop=14.0, period=5.0),
        joints=(
            Joint((150.0, 180.0), (110.0, 130.0), 110.0, 5.0, 10.0),
            Joint((110.0, 250.0), (110.0, 390.0), 60.0, 10.0, 8.0),
            Joint((265.0, 250.0), (265.0, 390.0), 60.0, -10.0, 8.0),
        ),
        hold=1,
        left_out=frozenset({0}),
    )


def _beagle(sources: Path) -> Actor:
    return Actor(
        "beagle",
        read_drawing(sources / "dog_on_leash_gerald_g._02.svg", step=STEP),
        {
            "#ad4200": "beagle coat",
            "#ede9b0": "beagle cream",
            "#ffffff": "white",
            "#ff0000": "beagle leash",
            "#808080": "steel",
        },
        first_shape_id=700,
        anchor=(140.0, 180.0),
        scale=0.92,
        path=_leap(),
        joints=(
            Joint((220.0, 110.0), (260.0, 60.0), 60.0, 8.0, 10.0),
            Joint((190.0, 130.0), (265.0, 140.0), 40.0, 14.0, 8.0),
            Joint((80.0, 210.0), (80.0, 260.0), 50.0, -8.0, 8.0),
        ),
        contour_px=2.0,
    )
