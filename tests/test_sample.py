"""The sample shot is what samples/README.md says it is; whoever measures on it relies on that."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
import pytest
from numpy.typing import NDArray

SAMPLES = Path(__file__).parents[1] / "samples"
SHOT = SAMPLES / "meadow"
FRAMES = range(1001, 1027)
HINTED = (1001, 1013)
WIDTH, HEIGHT = 1280, 720


@cache
def layer(name: str, frame: int) -> tuple[oiio.ImageSpec, NDArray[np.float16]]:
    """The file's header, and its pixels in the display window, half float."""
    image = oiio.ImageBuf(str(SHOT / name / f"{name}.{frame}.exr"))
    spec = image.spec()
    full = np.zeros((HEIGHT, WIDTH, 4), np.float16)
    full[spec.y : spec.y + spec.height, spec.x : spec.x + spec.width] = image.get_pixels(oiio.HALF)
    return spec, full


@cache
def truth(name: str, frame: int) -> NDArray[np.integer]:
    return cv2.imread(str(SHOT / "truth" / f"{name}.{frame}.png"), cv2.IMREAD_UNCHANGED)


@cache
def palette() -> list[dict]:
    return json.loads((SHOT / "palette.json").read_text(encoding="utf-8"))


@cache
def shapes() -> list[dict]:
    return json.loads((SHOT / "shapes.json").read_text(encoding="utf-8"))


def shape_ids(owner: str) -> list[int]:
    return [shape["id"] for shape in shapes() if shape["of"] == owner]


def ink(frame: int) -> NDArray[np.float32]:
    return layer("line", frame)[1][..., 3].astype(np.float32)


def components_of_two_colours(frame: int) -> list[set[int]]:
    """The colours of every patch of connected paper that the truth paints in more than one."""
    _, labels = cv2.connectedComponents((ink(frame) < 0.5).astype(np.uint8), connectivity=4)
    pairs = np.unique(labels.astype(np.int64) * 256 + truth("palette", frame))
    colours: dict[int, set[int]] = {}
    for pair in pairs[pairs >= 256].tolist():
        colours.setdefault(pair // 256, set()).add(pair % 256)
    return [found for found in colours.values() if len(found) > 1]


def index_of(name: str) -> int:
    return next(row["index"] for row in palette() if row["name"] == name)


def test_the_shot_is_complete_and_small() -> None:
    line = sorted(path.name for path in (SHOT / "line").iterdir())
    assert line == [f"line.{frame}.exr" for frame in FRAMES]
    assert sorted(p.name for p in (SHOT / "hint").iterdir()) == [f"hint.{f}.exr" for f in HINTED]
    expected = {f"{name}.{frame}.png" for name in ("palette", "shape") for frame in FRAMES}
    assert {path.name for path in (SHOT / "truth").iterdir()} == expected
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) <= 6_000_000


@pytest.mark.parametrize(
    ("name", "frame"), [*(("line", f) for f in FRAMES), *(("hint", f) for f in HINTED)]
)
def test_a_file_holds_one_half_float_layer_cropped_inside_the_picture(name, frame) -> None:
    spec, pixels = layer(name, frame)
    assert spec.channelnames == tuple(f"{name}.{channel}" for channel in "RGBA")
    assert spec.format == oiio.HALF
    assert not spec.channelformats
    assert (spec.full_x, spec.full_y) == (0, 0)
    assert (spec.full_width, spec.full_height) == (WIDTH, HEIGHT)
    assert spec.width < WIDTH
    assert spec.height < HEIGHT
    assert spec.getattribute("oiio:ColorSpace") == "lin_ap1_scene"
    inside = pixels[spec.y : spec.y + spec.height, spec.x : spec.x + spec.width, 3]
    for edge in (inside[0], inside[-1], inside[:, 0], inside[:, -1]):
        assert edge.any()


def test_the_data_window_changes_during_the_shot() -> None:
    specs = [layer("line", frame)[0] for frame in FRAMES]
    assert len({(spec.x, spec.y, spec.width, spec.height) for spec in specs}) > 5


@pytest.mark.parametrize("frame", FRAMES)
def test_line_art_is_black_ink_with_soft_edges(frame) -> None:
    pixels = layer("line", frame)[1]
    assert not pixels[..., :3].any()
    coverage = pixels[..., 3]
    assert coverage.min() == 0
    assert coverage.max() == 1
    assert ((coverage > 0) & (coverage < 1)).sum() > 1000


@pytest.mark.parametrize("frame", HINTED)
def test_every_dab_is_a_palette_colour_to_the_bit_and_equals_the_truth_below(frame) -> None:
    hint = layer("hint", frame)[1]
    solid = hint[..., 3] == 1
    bits_of_index = np.zeros((len(palette()), 3), np.uint16)
    for row in palette()[1:]:
        bits_of_index[row["index"]] = row["acescg_half_bits"]
    colour_bits = np.ascontiguousarray(hint[..., :3]).view(np.uint16)
    assert solid.sum() > 500
    assert (colour_bits[solid] == bits_of_index[truth("palette", frame)[solid]]).all()


@pytest.mark.parametrize("frame", HINTED)
def test_dabs_touch_no_ink_and_have_a_premultiplied_rim(frame) -> None:
    hint = layer("hint", frame)[1].astype(np.float32)
    alpha = hint[..., 3]
    assert ink(frame)[alpha > 0].max() == 0
    rim = (alpha > 0) & (alpha < 1)
    acescg = np.zeros((len(palette()), 3), np.float32)
    for row in palette()[1:]:
        acescg[row["index"]] = row["acescg"]
    expected = acescg[truth("palette", frame)[rim]] * alpha[rim, None]
    np.testing.assert_allclose(hint[rim, :3], expected, rtol=2e-3, atol=1e-4)


def test_every_dab_lies_in_one_region_and_no_region_has_two() -> None:
    paper = (ink(1001) <= 20 / 255).astype(np.uint8)  # every line an artist sees divides
    _, regions = cv2.connectedComponents(paper, connectivity=4)
    # The gap joins these two: the truth's colours tell them apart.
    regions = regions.astype(np.int64) * 256 + truth("palette", 1001)
    count, dabs = cv2.connectedComponents(
        (layer("hint", 1001)[1][..., 3] > 0).astype(np.uint8), connectivity=8
    )
    seen = [np.unique(regions[dabs == dab]) for dab in range(1, count)]
    assert all(len(under) == 1 for under in seen)
    assert len({int(under[0]) for under in seen}) == count - 1
    assert count - 1 >= 90


def test_what_a_painter_could_dab_is_dabbed_on_the_first_frame() -> None:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (ink(1001) == 0).astype(np.uint8), connectivity=4
    )
    dabbed = set(np.unique(labels[layer("hint", 1001)[1][..., 3] == 1]).tolist())
    large = [k for k in range(1, count) if stats[k, cv2.CC_STAT_AREA] > 100]
    assert set(large) <= dabbed


def test_the_palette_is_distinct_in_display_colours_and_in_the_files() -> None:
    rows = palette()
    assert [row["index"] for row in rows] == list(range(len(rows)))
    assert len({tuple(row["srgb"]) for row in rows[1:]}) == len(rows) - 1
    bits = np.array([row["acescg_half_bits"] for row in rows[1:]], np.uint16)
    assert len(np.unique(bits, axis=0)) == len(rows) - 1 >= 8
    np.testing.assert_array_equal(
        bits.view(np.float16).astype(float), [row["acescg"] for row in rows[1:]]
    )


@pytest.mark.parametrize("frame", FRAMES)
def test_shapes_and_palette_indices_agree_everywhere(frame) -> None:
    index_of_shape = np.zeros(1 << 16, np.uint8)
    for shape in shapes():
        index_of_shape[shape["id"]] = shape["palette_index"]
    palette_index = truth("palette", frame)
    assert palette_index.dtype == np.uint8
    assert truth("shape", frame).dtype == np.uint16
    assert palette_index.shape == (HEIGHT, WIDTH)
    assert palette_index.min() >= 1
    np.testing.assert_array_equal(index_of_shape[truth("shape", frame)], palette_index)


@pytest.mark.parametrize("frame", FRAMES)
def test_the_gap_leaks_and_it_alone(frame) -> None:
    leaks = components_of_two_colours(frame)
    assert leaks == [{index_of("sky"), index_of("bear fur")}]


@pytest.mark.parametrize("frame", FRAMES)
def test_the_gap_is_at_most_three_pixels_wide(frame) -> None:
    # A brush of four pixels closes what is up to three wide: the head no longer joins the sky.
    thick = cv2.dilate((ink(frame) >= 0.5).astype(np.uint8), np.ones((4, 4), np.uint8))
    _, labels = cv2.connectedComponents(1 - thick, connectivity=4)
    fur = labels[(truth("palette", frame) == index_of("bear fur")) & (thick == 0)]
    assert labels[0, 0] > 0
    assert labels[0, 0] not in fur


def test_the_beagle_enters_late_and_is_dabbed_when_it_does() -> None:
    late = shape_ids("beagle")
    first = next(frame for frame in FRAMES if np.isin(truth("shape", frame), late).any())
    assert first == HINTED[1]
    assert all(np.isin(truth("shape", f), late).sum() > 5000 for f in range(first, FRAMES.stop))
    touched = truth("shape", first)[layer("hint", first)[1][..., 3] > 0]
    assert set(touched.tolist()) <= set(late)


def test_the_dog_passes_in_front_of_the_boy() -> None:
    boy = shape_ids("boy")
    visible = [int(np.isin(truth("shape", frame), boy).sum()) for frame in FRAMES]
    assert min(visible) < 0.85 * visible[0]
    # Where the boy's shoes were, there is the dog.
    shoes = truth("palette", 1001) == index_of("boy shoes")
    covered = [np.isin(truth("shape", frame)[shoes], shape_ids("dog")).mean() for frame in FRAMES]
    assert covered[0] == 0
    assert max(covered) > 0.5


def test_the_shot_is_drawn_on_twos_with_one_actor_on_ones() -> None:
    for frame in FRAMES[:-1]:
        paper = (ink(frame) < 0.5) & (ink(frame + 1) < 0.5)
        before, after = truth("shape", frame)[paper], truth("shape", frame + 1)[paper]
        dog = np.isin(before, shape_ids("dog")) | np.isin(after, shape_ids("dog"))
        assert (before != after)[dog].any()
        assert (before != after)[~dog].any() == (frame % 2 == 0)


def test_every_drawing_is_credited() -> None:
    credited = (SHOT / "CREDITS.md").read_text(encoding="utf-8")
    drawings = [path.name for path in (SHOT / "sources").iterdir()]
    assert len(drawings) >= 3
    assert all(f"`{name}`" in credited for name in drawings)
