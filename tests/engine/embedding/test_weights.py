from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from celtint.engine.embedding.matcher import PairMatcher
from celtint.engine.embedding.network import RegionNetwork, folded
from celtint.engine.embedding.sight import GEOMETRY, POINTS, TOUCHES
from celtint.engine.embedding.weights import load_networks, save_embedder
from celtint.engine.errors import WeightsError

METADATA = {
    "celtint.format": "matching-1",
    "celtint.widths": "8,8,16,16,16",
    "celtint.descriptor": "16",
    "celtint.layers": "1",
    "celtint.heads": "2",
}


@pytest.fixture
def networks() -> tuple[RegionNetwork, PairMatcher]:
    torch.manual_seed(0)
    return RegionNetwork((8, 8, 16, 16, 16), 16).eval(), PairMatcher(1, 2, 16).eval()


@pytest.fixture
def path(networks: tuple[RegionNetwork, PairMatcher], tmp_path: Path) -> Path:
    save_embedder(*networks, tmp_path / "small.safetensors")
    return tmp_path / "small.safetensors"


def test_networks_come_back_but_for_half_precision(
    networks: tuple[RegionNetwork, PairMatcher], path: Path
) -> None:
    loaded = load_networks(path)
    assert loaded.name == "small.safetensors"
    for name, tensor in folded(networks[0]).state_dict().items():
        expected = tensor.half().float()
        torch.testing.assert_close(loaded.network.state_dict()[name], expected, rtol=0, atol=0)
    for name, tensor in networks[1].state_dict().items():
        expected = tensor.half().float()
        torch.testing.assert_close(loaded.matcher.state_dict()[name], expected, rtol=0, atol=0)
    seen = (
        torch.rand(1, 3, 32, 32),
        torch.tensor([[32, 32]]),
        torch.rand(1, 4, POINTS, 2) * 31,
        torch.rand(1, 4, GEOMETRY),
        torch.zeros(1, 4, TOUCHES),
    )
    torch.testing.assert_close(loaded.network(*seen), networks[0](*seen), rtol=0.02, atol=0.01)


def test_the_full_networks_fit_into_six_megabytes(tmp_path: Path) -> None:
    save_embedder(RegionNetwork(), PairMatcher(), tmp_path / "full.safetensors")
    assert (tmp_path / "full.safetensors").stat().st_size < 6_000_000


def test_another_file_than_the_registry_describes_is_refused(path: Path) -> None:
    digest = load_networks(path).sha256
    assert load_networks(path, sha256=digest.upper()).sha256 == digest
    with pytest.raises(WeightsError, match="not the file that the registry describes"):
        load_networks(path, sha256="0" * 64)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read"):
        load_networks(tmp_path / "none.safetensors")


def test_a_file_that_is_cut_off_is_told(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(WeightsError, match="not a safetensors file"):
        load_networks(path)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"celtint.format": "painted-1"}, "no matching network"),
        ({"celtint.widths": "8,8"}, "describes no network"),
        ({"celtint.widths": "8,8,16,16,eight"}, "does not say which network"),
        ({"celtint.descriptor": "1000000"}, "describes no network"),
        ({"celtint.heads": "3"}, "describes no network"),
        ({"celtint.layers": "2"}, "missing matcher"),
        ({"celtint.widths": "8,8,16,16,32"}, "has shape"),
    ],
)
def test_a_description_that_does_not_fit_is_told(
    path: Path, changes: dict[str, str], told: str
) -> None:
    save_file(load_file(path), path, METADATA | changes)
    with pytest.raises(WeightsError, match=told):
        load_networks(path)


def test_weights_that_are_not_finite_are_neither_written_nor_read(
    networks: tuple[RegionNetwork, PairMatcher], path: Path
) -> None:
    tensors = load_file(path)
    tensors["matcher.overlap"] = torch.tensor(torch.nan)
    save_file(tensors, path, METADATA)
    with pytest.raises(WeightsError, match=r"matcher\.overlap holds values that are not finite"):
        load_networks(path)
    with torch.no_grad():
        networks[1].overlap.fill_(1e6)  # too large for half precision
    before = path.read_bytes()
    with pytest.raises(WeightsError, match="not finite"):
        save_embedder(*networks, path)
    assert path.read_bytes() == before
