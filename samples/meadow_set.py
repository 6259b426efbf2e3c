"""The set of the shot `meadow`, drawn for it: an island in the sky."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from drawing import Points, Shape
from meadow_cast import PALETTE, travel
from stage import Actor

PEN_PX = 3.0
SIZE = (1280.0, 720.0)
GRASS = [
    (40, 560), (180, 505), (420, 480), (700, 490), (960, 478), (1180, 520), (1240, 566),
    (1150, 640), (900, 682), (620, 690), (330, 678), (120, 630),
]  # fmt: skip
EARTH = [
    (46, 566), (300, 640), (640, 660), (980, 640), (1236, 570), (1180, 660), (940, 690),
    (820, 700), (640, 708), (420, 698), (200, 676), (80, 630),
]  # fmt: skip
POND = [
    (815, 498), (850, 497), (840, 540), (890, 590), (860, 640), (800, 668), (770, 640),
    (800, 590), (790, 545),
]  # fmt: skip
TRUNK = [
    (1112, 370), (1144, 370), (1146, 440), (1172, 524), (1128, 514), (1084, 526), (1110, 440),
]  # fmt: skip
# Circles as x, y and radius.
CROWN = [(1128, 300, 62), (1186, 326, 48), (1070, 326, 48), (1148, 356, 44), (1104, 358, 44)]
APPLES = [(1094, 310, 11), (1154, 282, 11), (1186, 338, 11), (1130, 352, 11)]
CLOUD_1 = [(150, 110, 34), (188, 90, 40), (234, 102, 36), (270, 118, 26)]
CLOUD_2 = [(920, 160, 30.6), (958, 140, 36), (1004, 152, 32.4), (1040, 168, 23.4)]


def scenery() -> list[Actor]:
    """Every piece, rearmost first."""
    width, height = SIZE
    beyond = np.array([[-9, -9], [width + 9, -9], [width + 9, height + 9], [-9, height + 9]])
    return [
        _piece("sky", 10, [Shape([(beyond.astype(np.float64), True)], PALETTE["sky"])]),
        _piece("sun", 20, [_inked("sun", [_circle(760, 112, 50)])]),
        _piece("cloud 1", 30, _puffs("cloud", CLOUD_1), drift=(16.0, -24.0)),
        _piece("cloud 2", 40, _puffs("cloud", CLOUD_2), drift=(-28.0, -4.0)),
        _piece(
            "island",
            50,
            [
                _inked("earth", [_smooth(EARTH)]),
                _inked("grass", [_smooth(GRASS)]),
                _inked("pond", [_smooth(POND)]),
            ],
        ),
        _piece(
            "tree",
            60,
            [
                _inked("trunk", [_smooth(TRUNK)]),
                *_puffs("leaves", CROWN),
                *(_inked("apple", [_circle(*apple)]) for apple in APPLES),
            ],
        ),
    ]


def _piece(
    name: str, first_shape_id: int, shapes: list[Shape], drift: tuple[float, float] = (0.0, 0.0)
) -> Actor:
    return Actor(
        name,
        shapes,
        {code: colour for colour, code in PALETTE.items()},
        first_shape_id,
        anchor=(0.0, 0.0),
        scale=1.0,
        path=travel((0.0, 0.0), drift),
    )


def _inked(colour: str, contours: list[Points]) -> Shape:
    closed = [(contour, True) for contour in contours]
    return Shape(closed, PALETTE[colour], stroke="#000000", stroke_width=PEN_PX)


def _puffs(colour: str, circles: Sequence[tuple[float, float, float]]) -> list[Shape]:
    """Circles with one contour around them all: the second shape wipes the ink between them."""
    inner = [(_circle(x, y, radius - 0.4 * PEN_PX), True) for x, y, radius in circles]
    return [_inked(colour, [_circle(*c) for c in circles]), Shape(inner, PALETTE[colour])]


def _circle(x: float, y: float, radius: float) -> Points:
    turn = np.linspace(0.0, 2.0 * np.pi, 96, endpoint=False)
    return np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=1)


def _smooth(corners: list[tuple[int, int]]) -> Points:
    """A closed Catmull-Rom curve through the corners."""
    p1 = np.array(corners, np.float64)
    p0, p2, p3 = np.roll(p1, 1, 0), np.roll(p1, -1, 0), np.roll(p1, -2, 0)
    t = np.linspace(0.0, 1.0, 24, endpoint=False)[None, :, None]
    a, b, c, d = (p[:, None, :] for p in (p0, p1, p2, p3))
    curve = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    return curve.reshape(-1, 2)
