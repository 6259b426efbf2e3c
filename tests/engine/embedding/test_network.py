import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody knows

from celtint.engine.embedding.network import RegionNetwork, folded, look_up
from celtint.engine.embedding.sight import GEOMETRY, POINTS, TOUCHES

WIDTHS = (8, 8, 16, 16, 16)


def seen(n: int, regions: int, height: int = 64, width: int = 96) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(3)
    points = torch.rand(n, regions, POINTS, 2, generator=generator)
    return (
        torch.rand(n, 3, height, width, generator=generator),
        torch.tensor([[height - 4, width]] * n),
        points * torch.tensor([width - 1.0, height - 1.0]),
        torch.rand(n, regions, GEOMETRY, generator=generator),
        torch.zeros(n, regions, TOUCHES),
    )


@pytest.fixture
def network() -> RegionNetwork:
    torch.manual_seed(0)
    network = RegionNetwork(WIDTHS, 16)
    with torch.no_grad():
        for _ in range(4):  # statistics that differ from those it starts with
            network(*seen(2, 5))
    return network.eval()


@torch.no_grad()
def test_descriptors_are_unit_vectors(network: RegionNetwork) -> None:
    descriptor = network(*seen(2, 7))
    assert descriptor.shape == (2, 7, 16)
    torch.testing.assert_close(descriptor.norm(dim=2), torch.ones(2, 7))


@torch.no_grad()
def test_a_drawing_is_described_alike_alone_and_among_others(network: RegionNetwork) -> None:
    together = network(*seen(3, 5))
    alone = network(*(part[1:2, ...] for part in seen(3, 5)))
    torch.testing.assert_close(together[1:2], alone, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_folding_the_normalisation_changes_nothing(network: RegionNetwork) -> None:
    made = folded(network)
    assert not any("norm" in name for name in made.state_dict())
    torch.testing.assert_close(made(*seen(2, 5)), network(*seen(2, 5)), rtol=1e-4, atol=1e-5)


def test_folding_what_is_folded_gives_the_same(network: RegionNetwork) -> None:
    once = folded(network).state_dict()
    twice = folded(folded(network)).state_dict()
    assert once.keys() == twice.keys()
    assert all(torch.equal(once[name], twice[name]) for name in once)


def test_look_up_is_bilinear_as_grid_sample_is() -> None:
    generator = torch.Generator().manual_seed(1)
    features = torch.rand(2, 5, 9, 13, generator=generator)
    # From beyond the edge to beyond the other one, in pixels of a picture four times as large.
    points = torch.rand(2, 6, 3, 2, generator=generator) * torch.tensor([60.0, 44.0]) - 4
    place = (points + 0.5) / 4  # in features, from the edge
    grid = place / torch.tensor([13.0, 9.0]) * 2 - 1
    expected = F.grid_sample(features, grid, padding_mode="border", align_corners=False)
    torch.testing.assert_close(look_up(features, points, 4), expected.permute(0, 2, 3, 1))


def test_every_weight_is_taught(network: RegionNetwork) -> None:
    network.train()
    target = torch.rand(2, 5, 16, generator=torch.Generator().manual_seed(2))
    (network(*seen(2, 5)) * target).sum().backward()
    without = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not without
