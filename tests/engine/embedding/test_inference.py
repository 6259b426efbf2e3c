import numpy as np
import pytest
import torch

from celtint.engine.embedding import inference
from celtint.engine.embedding.inference import InferenceMatcher
from celtint.engine.embedding.matcher import PairMatcher
from celtint.engine.embedding.sight import GEOMETRY

Side = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def matcher() -> PairMatcher:
    torch.manual_seed(0)
    matcher = PairMatcher(layers=2, heads=2, descriptor=16).eval().requires_grad_(False)
    # As they are at first, norms would hide that they are forgotten.
    for name, weight in matcher.named_parameters():
        if name.endswith("layers.1.weight"):
            weight.uniform_(0.5, 1.5)
    return matcher


def side(regions: int, seed: int) -> Side:
    random = np.random.default_rng(seed)
    embedding = random.normal(size=(regions, 16))
    embedding /= np.linalg.norm(embedding, axis=1, keepdims=True)
    geometry = random.uniform(-0.5, 0.5, (regions, GEOMETRY)).astype(np.float32)
    return embedding.astype(np.float16), geometry


def few_that_meet(a: int, b: int) -> np.ndarray:
    random = np.random.default_rng(3)
    share = random.uniform(size=(a, b, 2)) * (random.uniform(size=(a, b, 1)) < 0.2)
    return (share / np.maximum(share.sum(axis=1, keepdims=True), 1)).astype(np.float32)


def said_by(matcher: PairMatcher, one: Side, other: Side, prior: np.ndarray | None) -> list:
    def tensor(array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array.astype(np.float32))[None]

    pair = (*map(tensor, one), *map(tensor, other))
    return [
        way[0].exp().numpy() for way in matcher(*pair, None if prior is None else tensor(prior))
    ]


@pytest.mark.parametrize("has_prior", [True, False])
@pytest.mark.parametrize(("a", "b"), [(9, 13), (1, 4)])
def test_it_says_what_the_trained_matcher_says(
    matcher: PairMatcher, a: int, b: int, has_prior: bool
) -> None:
    one, other = side(a, 1), side(b, 2)
    prior = few_that_meet(a, b) if has_prior else None
    forth, back = InferenceMatcher(matcher, torch.float32)(*one, *other, prior)
    assert (forth.shape, forth.dtype) == ((a, b + 1), np.float32)
    expected = said_by(matcher, one, other, prior)
    np.testing.assert_allclose(forth, expected[0], atol=2e-6)
    np.testing.assert_allclose(back, expected[1], atol=2e-6)


def test_half_precision_says_nearly_the_same(matcher: PairMatcher) -> None:
    one, other = side(9, 1), side(13, 2)
    prior = few_that_meet(9, 13)
    forth, _ = InferenceMatcher(matcher, torch.bfloat16)(*one, *other, prior)
    np.testing.assert_allclose(forth, said_by(matcher, one, other, prior)[0], atol=0.05)


def test_what_is_remembered_changes_nothing(matcher: PairMatcher) -> None:
    drawings = [side(7 + at, at) for at in range(4)]
    pairs = [(0, 1), (1, 2), (0, 2), (0, 1), (3, 0), (2, 1)]
    lasting = InferenceMatcher(matcher, torch.float32)
    for one, other in pairs:
        pair = (*drawings[one], *drawings[other], None)
        found, fresh = lasting(*pair), InferenceMatcher(matcher, torch.float32)(*pair)
        np.testing.assert_array_equal(found[0], fresh[0])
        np.testing.assert_array_equal(found[1], fresh[1])


def test_many_regions_are_taken_in_blocks(
    matcher: PairMatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = side(9, 1), side(13, 2)
    monkeypatch.setattr(inference, "_BLOCK", 2 * 13 * 24)
    found = InferenceMatcher(matcher, torch.float32)(*one, *other, few_that_meet(9, 13))
    expected = said_by(matcher, one, other, few_that_meet(9, 13))
    np.testing.assert_allclose(found[0], expected[0], atol=2e-6)
