"""The network that ships: what is told of it before it is loaded, and who shares it."""

import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from celtint.engine import DeviceError, FlatSettings, WeightsError
from celtint.engine.embedding.embedder import load_embedder
from celtint.engine.embedding.shipped import (
    SHIPPED,
    ShippedEmbedder,
    ShippedWeights,
    shipped_embedder,
)
from celtint.engine.embedding.sight import Sight, look_at, region_geometry
from celtint.engine.embedding.weights import load_networks
from celtint.engine.flat.regions import Regions, find_regions


def drawing() -> tuple[np.ndarray, Regions]:
    ink = np.zeros((90, 160), np.uint8)
    cv2.circle(ink, (60, 45), 30, 255, 2, cv2.LINE_AA)
    return ink, find_regions(ink, FlatSettings())


@pytest.fixture
def weights(tmp_path: Path) -> ShippedWeights:
    """A copy of what ships, to be damaged."""
    original = ShippedWeights.described()
    copy = tmp_path / original.path.name
    copy.write_bytes(original.path.read_bytes())
    return ShippedWeights(copy, original.name, original.sha256)


def test_its_name_is_that_of_the_loaded_network_and_its_descriptors_are_the_same() -> None:
    ink, regions = drawing()
    lazy, loaded = shipped_embedder("cpu"), load_embedder()
    assert lazy.name == loaded.name
    np.testing.assert_array_equal(lazy.embed(ink, regions), loaded.embed(ink, regions))
    assert shipped_embedder("cpu") is lazy
    descriptor = lazy.embed(ink, regions)
    geometry = region_geometry(regions.area_px, regions.centre_px, regions.size_px, ink.shape)
    pair = (descriptor, geometry, descriptor, geometry)
    for one, other in zip(lazy.match_both(*pair), loaded.match_both(*pair), strict=True):
        np.testing.assert_array_equal(one, other)


def test_torch_is_not_imported_before_a_drawing_is_looked_at() -> None:
    code = (
        "import sys; from celtint.engine.embedding.shipped import shipped_embedder; "
        "shipped_embedder('auto').name; sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_damaged_file_is_told(weights: ShippedWeights) -> None:
    weights.require_whole()
    content = bytearray(weights.path.read_bytes())
    content[-1] ^= 1
    weights.path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"matching.*damaged.*install celtint again"):
        weights.require_whole()


def test_a_missing_file_is_told(weights: ShippedWeights) -> None:
    weights.path.unlink()
    with pytest.raises(WeightsError, match=r"cannot be read.*install celtint again"):
        weights.require_whole()


@pytest.mark.parametrize("card", ["", "name = 1", "not toml ["])
def test_a_card_that_says_nothing_is_told(card: str, tmp_path: Path) -> None:
    path = tmp_path / SHIPPED.name
    path.write_text(card, encoding="utf-8")
    with pytest.raises(WeightsError, match="describes no matching network"):
        ShippedWeights.described(path)


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a CUDA device")
def test_a_device_that_is_asked_for_by_name_is_looked_for_at_once() -> None:
    with pytest.raises(DeviceError):
        shipped_embedder("cuda")


def test_several_threads_load_it_once_and_leave_torch_as_it_was(
    weights: ShippedWeights, monkeypatch: pytest.MonkeyPatch
) -> None:
    ink, regions = drawing()
    embedder = ShippedEmbedder(weights, "cpu")
    before, used, found = torch.get_num_threads(), [], []
    torch.set_num_threads(3)

    def watched(ink: np.ndarray, regions: Regions) -> Sight:
        used.append(torch.get_num_threads())
        return look_at(ink, regions)

    def loaded(*what: object) -> object:
        used.append(torch.get_num_threads())
        return load_networks(*what)

    monkeypatch.setattr("celtint.engine.embedding.embedder.look_at", watched)
    monkeypatch.setattr("celtint.engine.embedding.weights.load_networks", loaded)
    try:
        with embedder.shared_by_threads():
            threads = [
                threading.Thread(target=lambda: found.append(embedder.embed(ink, regions)))
                for _ in range(3)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert used == [1, 1, 1, 1]  # once loaded, three times asked
        assert torch.get_num_threads() == 3
        assert embedder.load() is embedder.load()
    finally:
        torch.set_num_threads(before)
    assert len(found) == 3
    assert all(np.array_equal(one, found[0]) for one in found)
