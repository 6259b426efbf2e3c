from pathlib import Path

import cv2
import numpy as np
import pytest

from celtint.training.data.shards import ShotWriter
from celtint.training.data.shots import Drawing, RegionColour, Shot, ShotInfo

SIZE, DRAWINGS = 96, 7
COLOURS = [(200, 150, 100), (40, 90, 200), (220, 40, 40), (60, 180, 70)]


def moving_shapes(name: str, seed: int) -> Shot:
    """A disc and a box on a divided ground, each of a colour of its own; disc and box move."""
    rng = np.random.default_rng(seed)
    disc, box = rng.integers(25, 40, 2), rng.integers(45, 70, 2)
    drawings = []
    for _ in range(DRAWINGS):
        regions = np.full((SIZE, SIZE), 1, np.uint16)
        regions[:, SIZE // 2 :] = 2
        ink = np.zeros((SIZE, SIZE), np.uint8)
        cv2.line(ink, (SIZE // 2, 0), (SIZE // 2, SIZE - 1), 255, 2)
        disc, box = disc + rng.integers(-4, 5, 2), box + rng.integers(-4, 5, 2)
        x, y = map(int, box)
        cv2.rectangle(regions, (x - 14, y - 8), (x + 14, y + 8), 4, -1)
        cv2.rectangle(ink, (x - 14, y - 8), (x + 14, y + 8), 0, -1)
        cv2.rectangle(ink, (x - 14, y - 8), (x + 14, y + 8), 255, 2)
        centre = (int(disc[0]), int(disc[1]))
        cv2.circle(regions, centre, 12, 3, -1)
        cv2.circle(ink, centre, 12, 0, -1)
        cv2.circle(ink, centre, 12, 255, 2)
        drawings.append(Drawing(ink=ink, regions=regions))
    info = ShotInfo(
        name=name,
        sources=(name,),
        width=SIZE,
        height=SIZE,
        holds=tuple(range(DRAWINGS)),
        regions={
            at + 1: RegionColour(colour, (0, 0, 0), at + 1) for at, colour in enumerate(COLOURS)
        },
    )
    return Shot(info, drawings)


@pytest.fixture(scope="session")
def coloured_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three shots of seven drawings."""
    folder = tmp_path_factory.mktemp("sets") / "coloured"
    with ShotWriter(folder, "coloured", shots_per_shard=2) as writer:
        for number in range(3):
            writer.add(moving_shapes(f"coloured-{number}", number))
    return folder
