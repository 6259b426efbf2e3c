from pathlib import Path

import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.flat.regions import find_regions
from celtint.training.data.shards import read_shots
from celtint.training.data.shots import EncodedShot, ShotInfo
from celtint.training.embedding.clips import (
    UNKNOWN,
    clip_of,
    identity_of,
    pick,
    see,
    truth_of,
)
from celtint.training.embedding.variety import Canvas
from celtint.training.errors import DataError


def test_a_region_is_the_shape_that_most_of_it_is() -> None:
    ink = np.zeros((40, 60), np.uint8)
    ink[:, 20], ink[:, 40] = 255, 255
    identity = np.full((40, 60), 5, np.uint16)
    identity[:, 20:] = 9
    identity[:20, 41:] = 3  # half of the last region
    regions = find_regions(ink, FlatSettings())
    found = identity_of(regions, identity)
    at = [int(regions.label[20, x]) for x in (10, 30, 50)]
    assert found[at].tolist() == [5, 9, UNKNOWN]


def test_a_drawing_that_is_all_ink_has_no_known_region() -> None:
    ink = np.full((20, 20), 255, np.uint8)
    assert see(ink, np.ones((20, 20), np.uint16), picture_px=32).identity.tolist() == [UNKNOWN]


@pytest.mark.parametrize("drawings", [1, 2, 5, 12, 40])
def test_picked_drawings_are_there_and_ascend(drawings: int) -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        picked = pick(drawings, 4, rng)
        assert len(picked) == 4
        assert picked == sorted(picked)
        assert picked[0] >= 0
        assert picked[-1] < drawings
        if drawings >= 4:
            assert len(set(picked)) == 4


def test_long_ways_are_picked_too() -> None:
    rng = np.random.default_rng(0)
    spans = [picked[-1] - picked[0] for picked in (pick(24, 4, rng) for _ in range(300))]
    assert sum(span >= 11 for span in spans) > 30


def test_a_clip_is_the_same_again_from_the_same_chances(shapes_set: Path) -> None:
    shot = next(read_shots(shapes_set))
    canvas = Canvas((96, 96), 64)
    one, other = (clip_of(shot, 3, canvas, np.random.default_rng(4)) for _ in range(2))
    for seen, again in zip(one, other, strict=True):
        np.testing.assert_array_equal(seen.sight.picture, again.sight.picture)
        np.testing.assert_array_equal(seen.identity, again.identity)


def test_the_shapes_of_a_drawing_are_found(shapes_set: Path) -> None:
    shot = next(read_shots(shapes_set))
    seen = see(*truth_of(shot, 0), picture_px=96)
    assert {1, 2, 3}.issubset(seen.identity.tolist())


def test_a_shot_from_video_is_refused() -> None:
    info = ShotInfo("film", ("film.mkv",), 8, 8, (0,))
    shot = EncodedShot(info.to_json(), {"0000.colour.png": b""})
    with pytest.raises(DataError, match="prepare drawings"):
        truth_of(shot, 0)
