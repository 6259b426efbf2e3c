import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from celtint.engine import FlatSettings, dabs_in
from celtint.engine.flat.regions import find_regions
from celtint.engine.flat.seeds import read_seeds
from celtint.engine.palette import Palette

RED, GREEN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


def two_rooms():
    ink = np.zeros((40, 83), np.uint8)
    ink[:, 40:43] = 255
    return ink


def read(ink, *dabs, palette=None):
    """Seeds of a drawing with dabs: (top, left, height, width, colour)."""
    hint = np.zeros((*ink.shape, 4), np.float32)
    for top, left, height, width, colour in dabs:
        hint[top : top + height, left : left + width] = (*colour, 1)
    regions = find_regions(ink, FlatSettings())
    return regions, read_seeds(hint, dabs_in(hint), regions, palette or Palette())


def colour_at(regions, seeds, y, x):
    at = dict(zip(seeds.region.tolist(), seeds.palette_index.tolist(), strict=True))
    found = at.get(int(regions.label[y, x]))
    return None if found is None else tuple(seeds.palette.colour[found].tolist())


def test_each_room_gets_the_colour_of_its_dab():
    regions, seeds = read(two_rooms(), (5, 5, 4, 4, RED), (5, 60, 4, 4, GREEN))
    assert colour_at(regions, seeds, 30, 10) == RED
    assert colour_at(regions, seeds, 30, 70) == GREEN
    assert seeds.contradictions == ()


def test_a_single_pixel_is_a_hint():
    regions, seeds = read(two_rooms(), (5, 5, 1, 1, RED))
    assert colour_at(regions, seeds, 30, 10) == RED
    assert colour_at(regions, seeds, 30, 70) is None


def test_the_majority_of_a_region_wins_and_the_rest_is_reported():
    regions, seeds = read(two_rooms(), (5, 5, 6, 6, RED), (25, 5, 3, 3, GREEN))
    assert colour_at(regions, seeds, 0, 0) == RED
    (found,) = seeds.contradictions
    assert (found.hinted, found.painted, found.pixels) == (GREEN, RED, 9)
    assert (found.x, found.y) == (6, 26)
    assert found.region == regions.label[0, 0]


def test_a_small_dab_beside_a_large_one_is_reported_however_small():
    regions, seeds = read(two_rooms(), (2, 2, 30, 30, RED), (36, 5, 2, 2, GREEN))
    (found,) = seeds.contradictions
    assert (found.hinted, found.painted, found.pixels) == (GREEN, RED, 4)
    assert found.region == regions.label[0, 0]


def test_of_small_dabs_in_one_region_the_one_in_its_widest_part_wins():
    ink = two_rooms()
    ink[12:25, 40:43] = 0  # too wide a gap to close
    ink[20:, 20] = 255  # the left room is narrow
    ink[20, :20] = 255
    dabs = (30, 24, 3, 3, GREEN), (38, 30, 2, 4, GREEN), (15, 60, 3, 3, RED)
    regions, seeds = read(ink, *dabs)
    assert regions.label[30, 24] == regions.label[15, 60]
    assert colour_at(regions, seeds, 15, 60) == RED
    (found,) = seeds.contradictions
    assert (found.hinted, found.painted) == (GREEN, RED)


def test_a_dab_on_ink_goes_to_the_region_most_of_it_is_nearest_to():
    regions, seeds = read(two_rooms(), (10, 40, 8, 1, RED))
    assert colour_at(regions, seeds, 0, 0) == RED
    assert colour_at(regions, seeds, 0, 70) is None


def test_a_stroke_across_a_line_paints_both_sides():
    regions, seeds = read(two_rooms(), (10, 30, 4, 30, RED))
    assert colour_at(regions, seeds, 0, 0) == colour_at(regions, seeds, 0, 70) == RED


def test_a_brush_that_slips_over_a_line_does_not_flood_and_is_reported():
    regions, seeds = read(two_rooms(), (10, 14, 10, 31, RED))
    assert colour_at(regions, seeds, 0, 0) == RED
    assert colour_at(regions, seeds, 0, 70) is None
    (found,) = seeds.contradictions
    assert (found.hinted, found.painted, found.pixels) == (RED, None, 20)


def test_a_painting_of_the_whole_frame_paints_the_smallest_region_too():
    ink = two_rooms()
    ink[10:18, 10:18] = 255
    ink[12:16, 12:16] = 0
    regions, seeds = read(ink, (0, 0, 40, 83, RED), (10, 10, 8, 8, GREEN))
    assert colour_at(regions, seeds, 13, 13) == GREEN
    assert colour_at(regions, seeds, 30, 30) == RED
    assert seeds.contradictions == ()


def test_the_mixed_rim_of_two_dabs_makes_no_colour():
    mixed = (0.5, 0.5, 0.0)
    dabs = [(5, 5, 20, 20, RED), (5, 25, 20, 10, GREEN), (5, 24, 20, 1, mixed)]
    _, seeds = read(two_rooms(), *dabs)
    assert len(seeds.palette.colour) == 2
    assert [found.hinted for found in seeds.contradictions] == [GREEN]


def test_a_noisy_rim_does_not_change_the_colour():
    ink = two_rooms()
    hint = np.zeros((*ink.shape, 4), np.float32)
    random = np.random.default_rng(1)
    colour = np.array([0.3, 0.6, 0.9], np.float32)
    hint[5:25, 5:25, :3] = colour + random.uniform(-0.001, 0.001, (20, 20, 3))
    hint[8:22, 8:22, :3] = colour
    hint[5:25, 5:25, 3] = 1
    regions = find_regions(ink, FlatSettings())
    seeds = read_seeds(hint, dabs_in(hint), regions, Palette())
    assert seeds.palette.colour[1:].tobytes() == colour.tobytes()
    assert seeds.contradictions == ()
    # An airbrushed dab with no plateau at all takes the colour that is known.
    hint[8:22, 8:22, :3] += random.uniform(0.0001, 0.001, (14, 14, 3)).astype(np.float32)
    again = read_seeds(hint, dabs_in(hint), regions, seeds.palette)
    assert again.palette is seeds.palette
    assert again.palette_index.tolist() == [1]


def test_both_sides_of_a_closed_gap_keep_their_own_colour():
    ink = two_rooms()
    ink[20:23, 40:43] = 0
    regions, seeds = read(ink, (5, 5, 4, 4, RED), (5, 60, 4, 4, GREEN))
    assert colour_at(regions, seeds, 21, 38) == RED
    assert colour_at(regions, seeds, 21, 45) == GREEN


@settings(deadline=None)
@given(
    hnp.arrays(
        np.float32, (2, 3), elements=st.floats(width=32, allow_nan=False, allow_infinity=False)
    )
)
def test_any_finite_colour_comes_back_bit_for_bit(colours):
    regions, seeds = read(two_rooms(), (5, 5, 4, 4, colours[0]), (5, 60, 4, 4, colours[1]))
    index = dict(zip(seeds.region.tolist(), seeds.palette_index.tolist(), strict=True))
    for x, colour in ((10, colours[0]), (70, colours[1])):
        painted = seeds.palette.colour[index[int(regions.label[30, x])]]
        assert painted.tobytes() == colour.tobytes()
