"""Rebuild the sample shot `meadow` from its drawings, byte for byte.

    python samples/build_meadow.py --out samples/meadow

Needs the packages of samples/requirements.txt. The drawings are in samples/meadow/sources; who drew
them stands in samples/meadow/CREDITS.md.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from drawing import Points, Shape, read_drawing
from layout import Palette, make_palette, place_dabs, write_hint, write_json, write_line, write_truth
from stage import Actor, Joint, Stage

WIDTH, HEIGHT = 1280, 720
FIRST_FRAME, LAST_FRAME = 1001, 1026
LATE_FRAME = 1013  # the beagle leaps in
SEED = 20240229

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


def main(arguments: list[str] | None = None) -> int:
    """Build the shot; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the shot")
    here = Path(__file__).resolve().parent
    parser.add_argument("--sources", type=Path, default=here / "meadow" / "sources")
    options = parser.parse_args(arguments)
    actors = cast(options.sources)
    build(options.out, actors, make_palette(PALETTE))
    print(f"frames {FIRST_FRAME}-{LAST_FRAME} are in {options.out}")
    return 0


def build(out: Path, actors: list[Actor], palette: Palette) -> None:
    """Draw every frame and write its line art, hints and truth."""
    for folder in ("line", "hint", "truth"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    stage = Stage(WIDTH, HEIGHT)
    rng = np.random.default_rng(SEED)
    for frame in range(FIRST_FRAME, LAST_FRAME + 1):
        passes = stage.draw(actors, frame, FIRST_FRAME)
        index_of_shape = np.zeros(int(passes.shape_id.max()) + 1, np.int32)
        for shape_id, name in stage.colour_of.items():
            if shape_id < len(index_of_shape):
                index_of_shape[shape_id] = palette.names.index(name) + 1
        palette_index = index_of_shape[passes.shape_id]
        write_line(out / "line" / f"line.{frame:04d}.exr", passes.ink, frame)
        write_truth(out / "truth", frame, palette_index, passes.shape_id)
        wanted = None
        if frame == LATE_FRAME:
            late = [k for k, owner in stage.owner_of.items() if owner == "beagle"]
            wanted = np.isin(passes.shape_id, late)
        if frame in (FIRST_FRAME, LATE_FRAME):
            dabs = place_dabs(passes.ink, palette_index, rng, wanted)
            path = out / "hint" / f"hint.{frame:04d}.exr"
            write_hint(path, palette, dabs, (HEIGHT, WIDTH), frame)
            print(f"frame {frame}: {len(dabs)} dabs")
    palette.write(out / "palette.json")
    write_json(
        out / "shapes.json",
        [
            {"id": k, "of": stage.owner_of[k], "palette_index": palette.names.index(name) + 1}
            for k, name in sorted(stage.colour_of.items())
        ],
    )


# --------------------------------------------------------------------------------------- the cast


@dataclass(frozen=True)
class _Line:
    """Moves from one place to another over the shot, hopping every `period` frames."""

    start: tuple[float, float]
    end: tuple[float, float]
    hop: float = 0.0
    period: float = 8.0

    def path(self) -> dict[int, tuple[float, float]]:
        frames = range(FIRST_FRAME, LAST_FRAME + 1)
        path = {}
        for k, frame in enumerate(frames):
            u = k / (len(frames) - 1)
            x = self.start[0] + u * (self.end[0] - self.start[0])
            y = self.start[1] + u * (self.end[1] - self.start[1])
            path[frame] = (x, y - self.hop * abs(float(np.sin(np.pi * k / self.period))))
        return path


def _leap() -> dict[int, tuple[float, float]]:
    """The beagle's leap: off stage, then in at one bound, then it hangs in the air and lands."""
    path = {}
    for frame in range(LATE_FRAME, LAST_FRAME + 1):
        u = (frame - LATE_FRAME) / (LAST_FRAME - LATE_FRAME)
        ease = 1.0 - (1.0 - u) ** 2
        path[frame] = (150.0 + 95.0 * ease, 470.0 - 260.0 * u * (1.0 - u) * 1.6 + 40.0 * u)
    return path


def cast(sources: Path) -> list[Actor]:
    """Everything on stage, rearmost first."""

    def drawing(name: str) -> list[Shape]:
        return read_drawing(sources / name, step=1.2)

    girl = Actor(
        "girl",
        drawing("ragazza_rossa.svg"),
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
        path=_Line((425.0, 588.0), (441.0, 588.0), hop=10.0, period=6.0).path(),
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
    boy = Actor(
        "boy",
        drawing("ragazzo.svg"),
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
        path=_Line((690.0, 584.0), (676.0, 584.0), hop=12.0, period=6.0).path(),
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
    bear = Actor(
        "bear",
        drawing("simple_teddy_bear_with__01.svg"),
        {
            "#a16121": "bear fur",
            "#834217": "bear pads",
            "#ffffff": "white",
            "#fb0f0c": "bear bow",
        },
        first_shape_id=500,
        anchor=(190.0, 424.0),
        scale=0.70,
        path=_Line((1010.0, 610.0), (1010.0, 610.0)).path(),
        joints=(
            Joint((186.0, 190.0), (186.0, 95.0), 110.0, 7.0, 16.0),
            Joint((100.0, 170.0), (45.0, 260.0), 70.0, 9.0, 12.0, 0.3),
            Joint((275.0, 170.0), (335.0, 250.0), 70.0, -9.0, 12.0, 0.3),
        ),
        contour_px=1.3,
        gap=(176.0, 4.0, 90.0, 22.0, 2.6),
    )
    dog = Actor(
        "dog",
        drawing("guarddog.svg"),
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
        path=_Line((880.0, 664.0), (575.0, 652.0), hop=14.0, period=5.0).path(),
        joints=(
            Joint((150.0, 180.0), (110.0, 130.0), 110.0, 5.0, 10.0),
            Joint((110.0, 250.0), (110.0, 390.0), 60.0, 10.0, 8.0),
            Joint((265.0, 250.0), (265.0, 390.0), 60.0, -10.0, 8.0),
        ),
        hold=1,
        left_out=frozenset({0}),
    )
    beagle = Actor(
        "beagle",
        drawing("dog_on_leash_gerald_g._02.svg"),
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
    return [*scenery(), beagle, girl, boy, bear, dog]


# -------------------------------------------------------------------------------------- the set


def scenery() -> list[Actor]:
    """The set: drawn for this sample, an island in the sky."""
    pen = {"stroke": "#000000", "stroke_width": 3.0}

    def piece(
        name: str, first_shape_id: int, shapes: list[Shape], move: tuple[float, float] = (0, 0)
    ) -> Actor:
        return Actor(
            name,
            shapes,
            {PALETTE[c]: c for c in PALETTE},
            first_shape_id,
            anchor=(0.0, 0.0),
            scale=1.0,
            path=_Line((0.0, 0.0), move).path(),
        )

    def shape(colour: str, contours: list[Points], **stroke: object) -> Shape:
        return Shape([(c, True) for c in contours], PALETTE[colour], **stroke)  # type: ignore[arg-type]

    def puffs(colour: str, circles: list[tuple[float, float, float]]) -> list[Shape]:
        """Circles with one contour around them all."""
        return [
            shape(colour, [_circle(x, y, r) for x, y, r in circles], **pen),
            shape(colour, [_circle(x, y, r - 1.2) for x, y, r in circles]),
        ]

    edge = np.array([[-9.0, -9.0], [1289.0, -9.0], [1289.0, 729.0], [-9.0, 729.0]])
    grass = [(40, 560), (180, 505), (420, 480), (700, 490), (960, 478), (1180, 520), (1240, 566),
             (1150, 640), (900, 682), (620, 690), (330, 678), (120, 630)]  # fmt: skip
    earth = [(46, 566), (300, 640), (640, 660), (980, 640), (1236, 570), (1180, 660), (940, 690),
             (820, 700), (640, 708), (420, 698), (200, 676), (80, 630)]  # fmt: skip
    pond = [(815, 498), (850, 497), (840, 540), (890, 590), (860, 640), (800, 668), (770, 640),
            (800, 590), (790, 545)]  # fmt: skip
    cloud = [(0, 0, 34), (38, -20, 40), (84, -8, 36), (120, 8, 26)]
    crown = [(0, 0, 62), (58, 26, 48), (-58, 26, 48), (20, 56, 44), (-24, 58, 44)]
    apples = [(-34, 10), (26, -18), (58, 38), (2, 52)]
    tree_x, tree_y = 1128.0, 300.0
    trunk = [(1112, 370), (1144, 370), (1146, 440), (1172, 524), (1128, 514), (1084, 526),
             (1110, 440)]  # fmt: skip
    return [
        piece("sky", 10, [shape("sky", [edge])]),
        piece("sun", 20, [shape("sun", [_circle(760.0, 112.0, 50.0)], **pen)]),
        piece("cloud 1", 30, puffs("cloud", [(150 + x, 110 + y, r) for x, y, r in cloud]), (16, 2)),
        piece("cloud 2", 40, puffs("cloud", [(920 + x, 160 + y, r * 0.9) for x, y, r in cloud]),
              (-28, -4)),  # fmt: skip
        piece("island", 50, [
            shape("earth", [_smooth(earth)], **pen),
            shape("grass", [_smooth(grass)], **pen),
            shape("pond", [_smooth(pond)], **pen),
        ]),  # fmt: skip
        piece("tree", 60, [
            shape("trunk", [_smooth(trunk)], **pen),
            *puffs("leaves", [(tree_x + x, tree_y + y, r) for x, y, r in crown]),
            *(shape("apple", [_circle(tree_x + x, tree_y + y, 11.0)], **pen) for x, y in apples),
        ]),  # fmt: skip
    ]


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


if __name__ == "__main__":
    sys.exit(main())
