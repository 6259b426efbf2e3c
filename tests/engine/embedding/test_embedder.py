from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from celtint.engine import FlatSettings
from celtint.engine.device import choose_device
from celtint.engine.embedding.embedder import SHIPPED, Embedder, load_embedder
from celtint.engine.embedding.matcher import PairMatcher
from celtint.engine.embedding.network import RegionNetwork
from celtint.engine.embedding.sight import look_at, region_geometry
from celtint.engine.embedding.weights import load_networks, save_embedder
from celtint.engine.flat.regions import Regions, find_regions


def drawing(shift: int = 0) -> tuple[np.ndarray, Regions]:
    """A face-like drawing, moved to the right."""
    ink = np.zeros((180, 320), np.uint8)
    cv2.circle(ink, (120 + shift, 90), 60, 255, 2, cv2.LINE_AA)
    cv2.circle(ink, (100 + shift, 75), 12, 255, 2, cv2.LINE_AA)
    cv2.circle(ink, (140 + shift, 75), 9, 255, 2, cv2.LINE_AA)
    cv2.rectangle(ink, (100 + shift, 110), (140 + shift, 122), 255, 2)
    cv2.line(ink, (0, 165), (319, 170), 255, 2, cv2.LINE_AA)
    return ink, find_regions(ink, FlatSettings())


def geometry(ink: np.ndarray, regions: Regions) -> np.ndarray:
    return region_geometry(regions.area_px, regions.centre_px, regions.size_px, ink.shape)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("weights") / "fresh.safetensors"
    save_embedder(RegionNetwork((8, 8, 16, 16, 16), 16), PairMatcher(1, 2, 16), path)
    return path


@pytest.fixture(scope="module")
def embedder(weights: Path) -> Embedder:
    return load_embedder(weights)


def test_the_same_drawing_gives_the_same_bytes(weights: Path) -> None:
    ink, regions = drawing()
    one, other = (load_embedder(weights).embed(ink, regions) for _ in range(2))
    assert one.dtype == np.float16
    assert one.shape == (regions.count, 16)
    assert one.tobytes() == other.tobytes()
    np.testing.assert_allclose(np.linalg.norm(one.astype(float), axis=1), 1, atol=2e-3)


def test_the_name_changes_with_what_is_in_the_file(weights: Path, tmp_path: Path) -> None:
    torch.manual_seed(2)
    other = tmp_path / weights.name
    save_embedder(RegionNetwork((8, 8, 16, 16, 16), 16), PairMatcher(1, 2, 16), other)
    assert load_embedder(weights).name != load_embedder(other).name
    assert load_embedder(weights).name == load_embedder(weights).name


def test_matches_are_probabilities_both_ways(embedder: Embedder) -> None:
    (ink, regions), (ink_b, regions_b) = drawing(), drawing(9)
    sides = (
        embedder.embed(ink, regions),
        geometry(ink, regions),
        embedder.embed(ink_b, regions_b)[:-1],
        geometry(ink_b, regions_b)[:-1],
    )
    forth, back = embedder.match_both(*sides)
    assert forth.dtype == np.float32
    assert forth.shape == (regions.count, regions_b.count)
    np.testing.assert_allclose(forth.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(back.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(embedder.match(*sides), forth)


def test_one_number_for_both_ways_is_a_prior_too(embedder: Embedder) -> None:
    ink, regions = drawing()
    side = embedder.embed(ink, regions), geometry(ink, regions)
    prior = np.eye(regions.count, dtype=np.float32) * 0.8
    both_ways = np.repeat(prior[..., None], 2, axis=2)
    one = embedder.match(*side, *side, prior)
    np.testing.assert_array_equal(one, embedder.match(*side, *side, both_ways))
    assert (one.diagonal() > embedder.match(*side, *side).diagonal()).all()


@pytest.mark.parametrize("shape", [(1, 1), (5, 700)])
def test_any_size_of_drawing_has_descriptors(embedder: Embedder, shape: tuple[int, int]) -> None:
    ink = np.zeros(shape, np.uint8)
    assert np.isfinite(embedder.embed(ink, find_regions(ink, FlatSettings()))).all()


def test_the_weights_that_ship_follow_a_drawing_that_moves() -> None:
    shipped = load_embedder()
    # So far that the left eye lands where the right one was; regions keep their order.
    (ink, regions), (ink_b, regions_b) = drawing(), drawing(35)
    assert regions.area_px.tolist() == regions_b.area_px.tolist()
    belief = shipped.match(
        shipped.embed(ink, regions),
        geometry(ink, regions),
        shipped.embed(ink_b, regions_b),
        geometry(ink_b, regions_b),
    )
    assert belief.argmax(axis=1).tolist() == list(range(regions.count))


def test_what_ships_is_small() -> None:
    assert SHIPPED.with_name("matching.safetensors").stat().st_size < 6_000_000


def test_weights_that_were_rounded_once_give_what_automatic_casting_gives(weights: Path) -> None:
    device = choose_device("cpu", precision="bf16")
    loaded = load_networks(weights)
    ink, regions = drawing()
    sight = look_at(ink, regions)
    parts = (sight.picture, sight.points, sight.geometry, sight.touches)
    picture, points, geometry, touches = (torch.from_numpy(part)[None] for part in parts)
    network = loaded.network.to(memory_format=torch.channels_last)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        expected = network(picture, torch.tensor([sight.extent]), points, geometry, touches)[0]
    found = Embedder(load_networks(weights), device).described(sight)
    np.testing.assert_array_equal(found, expected.half().numpy())
