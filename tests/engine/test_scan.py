import cv2
import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.flat.regions import find_regions
from celtint.engine.frames import ink_of
from celtint.engine.scan import without_paper


def drawn(thickness=3, strength=255):
    ink = np.zeros((300, 400), np.uint8)
    for at in ((80, 90), (200, 150), (310, 220)):
        cv2.circle(ink, at, 60, strength, thickness, cv2.LINE_AA)
    return ink


def scanned(ink, *, noise=8.0, tone=(10, 40), seed=3):
    """On paper that grows darker to the right, with noise."""
    random = np.random.default_rng(seed)
    paper = np.linspace(*tone, ink.shape[1])
    grey = ink + paper * (1 - ink / 255) + random.normal(0, noise, ink.shape)
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)


def test_clean_line_art_is_the_same_array():
    for ink in (drawn(), drawn(1), np.zeros((5, 7), np.uint8), np.full((9, 9), 255, np.uint8)):
        assert without_paper(ink) is ink


def test_large_blacks_do_not_pass_for_paper():
    ink = drawn()
    ink[:, 100:] = 255
    assert without_paper(ink) is ink
    scan = scanned(ink)
    assert (without_paper(scan)[20:280, 130:380] > 200).all()


@pytest.mark.parametrize("tone", [(0, 0), (0, 30), (20, 20), (40, 5)])
@pytest.mark.parametrize("noise", [3, 10])
def test_paper_becomes_nothing_and_lines_keep_their_strength(tone, noise):
    ink = drawn()
    clean = without_paper(scanned(ink, noise=noise, tone=tone))
    far = cv2.dilate(ink, np.ones((9, 9), np.uint8)) == 0
    assert (clean[far] == 0).mean() > 0.9999
    assert abs(float(clean[ink == 255].mean()) - 250) < 10


@pytest.mark.parametrize("strength", [90, 255])
def test_a_scan_has_the_regions_of_the_drawing(strength):
    ink = drawn(strength=strength)
    scan = without_paper(scanned(ink))
    expected = find_regions(ink, FlatSettings())
    found = find_regions(scan, FlatSettings())
    assert found.count == expected.count
    here = (scan == 0) & (ink == 0)
    pairs = np.unique(np.stack([found.label[here], expected.label[here]]), axis=1)
    assert pairs.shape[1] == expected.count


def test_a_scan_as_it_is_would_not():
    assert find_regions(scanned(drawn()), FlatSettings()).count != 7


@pytest.mark.parametrize("shape", [(1, 1), (3, 50), (33, 31), (64, 65)])
def test_sizes_that_blocks_do_not_divide(shape):
    grey = np.random.default_rng(0).integers(20, 40, shape).astype(np.uint8)
    clean = without_paper(grey)
    assert clean.shape == shape
    assert (clean < 64).all()


def test_colour_frames_on_tinted_paper_are_read_alike():
    paper = 255 - scanned(drawn())
    tinted = (paper[..., None] * np.array([1.0, 0.97, 0.9])).astype(np.uint8)
    found = find_regions(ink_of(tinted), FlatSettings())
    assert found.count == find_regions(drawn(), FlatSettings()).count
