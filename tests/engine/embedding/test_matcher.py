import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody knows

from celtint.engine.embedding.matcher import PairMatcher
from celtint.engine.embedding.sight import GEOMETRY


@pytest.fixture
def matcher() -> PairMatcher:
    torch.manual_seed(0)
    return PairMatcher(layers=2, heads=2, descriptor=16).eval()


def pair(a: int, b: int, seed: int = 5) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)

    def rand(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=generator)

    return (
        F.normalize(rand(1, a, 16) - 0.5, dim=2),
        rand(1, a, GEOMETRY) - 0.5,
        F.normalize(rand(1, b, 16) - 0.5, dim=2),
        rand(1, b, GEOMETRY) - 0.5,
        rand(1, a, b, 2),
    )


@torch.no_grad()
def test_each_region_of_either_side_divides_one_belief(matcher: PairMatcher) -> None:
    forth, back = matcher(*pair(5, 8))
    assert forth.shape == (1, 5, 9)
    assert back.shape == (1, 8, 6)
    torch.testing.assert_close(forth.exp().sum(dim=2), torch.ones(1, 5))
    torch.testing.assert_close(back.exp().sum(dim=2), torch.ones(1, 8))


@torch.no_grad()
def test_the_order_of_regions_does_not_matter(matcher: PairMatcher) -> None:
    a, place_a, b, place_b, prior = pair(5, 8)
    forth, _ = matcher(a, place_a, b, place_b, prior)
    turned = torch.tensor([3, 1, 4, 0, 2])
    again, _ = matcher(a[:, turned], place_a[:, turned], b, place_b, prior[:, turned])
    torch.testing.assert_close(again, forth[:, turned], rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_drawings_of_different_counts_share_a_batch(matcher: PairMatcher) -> None:
    few, many = pair(3, 4, seed=1), pair(6, 7, seed=2)

    def filled(part: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        # What was not there is 0 in priors, and anything elsewhere.
        room = torch.full_like(like, 0.0 if like.ndim == 4 else 0.3)
        room[tuple(slice(size) for size in part.shape)] = part
        return room

    together = [
        torch.cat([filled(one, other), other]) for one, other in zip(few, many, strict=True)
    ]
    counts = {"count_a": torch.tensor([3, 6]), "count_b": torch.tensor([4, 7])}
    forth, back = matcher(*together, **counts)
    alone_forth, alone_back = matcher(*few)
    close = {"rtol": 1e-4, "atol": 1e-5}
    torch.testing.assert_close(forth[:1, :3, [0, 1, 2, 3, 7]], alone_forth, **close)
    torch.testing.assert_close(back[:1, :4, [0, 1, 2, 6]], alone_back, **close)
    assert (forth[0, :3, 4:7] == -torch.inf).all()


@torch.no_grad()
def test_a_prior_that_is_not_known_is_no_prior(matcher: PairMatcher) -> None:
    *sides, prior = pair(4, 4)
    without, _ = matcher(*sides)
    unknown, _ = matcher(*sides, prior, has_prior=torch.tensor([False]))
    known, _ = matcher(*sides, prior, has_prior=torch.tensor([True]))
    torch.testing.assert_close(unknown, without)
    assert not torch.allclose(known, without)


@torch.no_grad()
def test_within_a_drawing_only_how_regions_lie_to_each_other_counts(matcher: PairMatcher) -> None:
    x = torch.rand(1, 5, 16, generator=torch.Generator().manual_seed(4))
    _, geometry, *_ = pair(5, 5)
    moved = geometry.clone()
    moved[..., :2] += torch.tensor([0.3, -0.2])
    turns = matcher._turn(geometry), matcher._turn(moved)
    both = matcher.within[0](torch.cat([x, x], dim=1), (5, 5), turns, (None, None))
    torch.testing.assert_close(both[:, :5], both[:, 5:], rtol=1e-4, atol=1e-5)
