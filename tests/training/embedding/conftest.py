from pathlib import Path

import cv2
import numpy as np
import pytest

from celtint.training.data.shards import ShotWriter
from celtint.training.data.shots import Drawing, RegionColour, Shot, ShotInfo

SIZE = 96
DRAWINGS = 4


def moving_shapes(name: str, seed: int) -> Shot:
    """A disc and a box on a divided ground; disc and box move, one identity each."""
    rng = np.random.default_rng(seed)
    disc, box = rng.integers(25, 60, 2), rng.integers(25, 60, 2)
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
    colour = RegionColour((200, 150, 100), (100, 80, 60), 0)
    info = ShotInfo(
        name=name,
        sources=(name,),
        width=SIZE,
        height=SIZE,
        holds=tuple(range(DRAWINGS)),
        regions=dict.fromkeys((1, 2, 3, 4), colour),
    )
    return Shot(info, drawings)


@pytest.fixture(scope="session")
def shapes_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets") / "shapes"
    with ShotWriter(folder, "shapes", shots_per_shard=2) as writer:
        for number in range(3):
            writer.add(moving_shapes(f"shapes-{number}", number))
    return folder
