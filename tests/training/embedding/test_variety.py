import numpy as np
import pytest

from celtint.engine.embedding.sight import PICTURE_PX
from celtint.training.embedding.variety import Canvas, Placement


def marked() -> tuple[np.ndarray, np.ndarray]:
    ink = np.zeros((50, 70), np.uint8)
    identity = np.ones((50, 70), np.uint16)
    ink[10:30, 20:40], identity[10:30, 20:40] = 255, 7
    return ink, identity


def still(**changes: object) -> Placement:
    plain = {"is_mirrored": False, "turn_degrees": 0.0, "zoom": 1.0, "shift": (0.0, 0.0)}
    return Placement(**(plain | {"stray": (0.0, 0.0, 0.0)} | changes))  # type: ignore[arg-type]


def test_a_drawing_that_fills_its_frame_stays_as_it_is() -> None:
    ink, identity = marked()
    placed = still().placed(ink, identity, Canvas((50, 70), 64), np.random.default_rng(0))
    np.testing.assert_array_equal(placed[0], ink)
    np.testing.assert_array_equal(placed[1], identity)


def test_a_mirrored_drawing_is_its_mirror_image() -> None:
    ink, identity = marked()
    placed = still(is_mirrored=True).placed(
        ink, identity, Canvas((50, 70), 64), np.random.default_rng(0)
    )
    np.testing.assert_array_equal(placed[0], ink[:, ::-1])
    np.testing.assert_array_equal(placed[1], identity[:, ::-1])


def test_ink_and_identity_move_together() -> None:
    ink, identity = marked()
    placement = still(turn_degrees=8.0, zoom=1.3, shift=(0.1, 0.05), stray=(8.0, 0.1, 0.05))
    inked, named = placement.placed(ink, identity, Canvas((64, 64), 64), np.random.default_rng(3))
    inside, outside = inked > 250, inked < 5
    assert (named[inside] == 7).mean() > 0.98
    assert (named[outside] == 1).mean() > 0.98
    assert set(np.unique(named)) == {1, 7}  # identities are numbers, nothing lies between them


def test_the_drawings_of_a_shot_stray_apart_only_where_it_says_so() -> None:
    ink, identity = marked()
    rng = np.random.default_rng(1)
    canvas = Canvas((50, 70), 64)
    calm = [still().placed(ink, identity, canvas, rng)[0] for _ in range(2)]
    strayed = [
        still(stray=(8.0, 0.1, 0.05)).placed(ink, identity, canvas, rng)[0] for _ in range(2)
    ]
    assert (calm[0] == calm[1]).all()
    assert (strayed[0] != strayed[1]).any()


@pytest.mark.parametrize("seed", range(8))
def test_frames_have_the_long_side_asked_for_and_pictures_fit(seed: int) -> None:
    canvas = Canvas.at_random(np.random.default_rng(seed), 512)
    assert max(canvas.shape) == 512
    assert canvas.picture_px % 32 == 0
    assert 256 < canvas.picture_px <= 512


@pytest.mark.parametrize("seed", range(4))
def test_plain_drawings_are_seen_as_production_sees_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert Canvas.plain(rng, 512).picture_px == PICTURE_PX
    ink, identity = marked()
    placement = Placement.plain(rng)
    placed = placement.placed(ink, identity, Canvas((50, 70), 64), rng)
    expected = ink[:, ::-1] if placement.is_mirrored else ink
    np.testing.assert_array_equal(placed[0], expected)
