"""What the matching network learns: to find each region again in another drawing of its shot."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from celtint.engine.embedding.matcher import PairMatcher
from celtint.engine.embedding.network import RegionNetwork

from .batch import Batch
from .clips import UNKNOWN


class MatchingTask(nn.Module):
    """Both networks and their loss.

    For each region of one drawing, the regions of the other and "no match" share a probability of
    1; the loss is minus the logarithm of what falls on the right ones. Several are right where a
    shape is split. Descriptors alone are taught the same by their likeness.

    Args:
        network: Describes regions.
        matcher: Matches them.

    """

    def __init__(
        self, network: RegionNetwork | None = None, matcher: PairMatcher | None = None
    ) -> None:
        super().__init__()
        self.network = network or RegionNetwork()
        self.matcher = matcher or PairMatcher()
        # How much more a likeness of 1 says than one of 0, and what "no match" scores.
        self.sharpness = nn.Parameter(torch.tensor(12.0))
        self.nothing = nn.Parameter(torch.tensor(6.0))

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Losses and success of a batch.

        Returns:
            Loss of the matcher and loss of the descriptors, nats a region; and (2,) share of the
            regions that have a match whose most likely one is right: without and with a prior.

        """
        descriptor = self.network(
            batch.picture, batch.extent, batch.points, batch.geometry, batch.touches
        )
        first, second = batch.first, batch.second
        forth, back = self.matcher(
            descriptor[first],
            batch.geometry[first],
            descriptor[second],
            batch.geometry[second],
            batch.prior,
            count_a=batch.count[first],
            count_b=batch.count[second],
            has_prior=batch.has_prior,
        )
        same = _same(batch.identity[first], batch.identity[second])
        weight_a, weight_b = batch.weight[first], batch.weight[second]
        matching = _surprise(forth, same, weight_a) + _surprise(back, same.mT, weight_b)
        alone = self._by_likeness(descriptor, batch, same)
        return matching / 2, alone / 2, _right(forth, same, batch)

    def _by_likeness(self, descriptor: Tensor, batch: Batch, same: Tensor) -> Tensor:
        first, second = batch.first, batch.second
        score = torch.einsum("pad,pbd->pab", descriptor[first], descriptor[second]).float()
        score = score * self.sharpness
        size = score.shape[1]
        beyond = torch.arange(size, device=score.device) >= batch.count[:, None]
        nothing = self.nothing.expand(len(first), size, 1)

        def towards(score: Tensor, beyond: Tensor) -> Tensor:
            score = score.masked_fill(beyond[:, None, :], -torch.inf)
            return torch.cat([score, nothing], dim=2).log_softmax(dim=2)

        forth = _surprise(towards(score, beyond[second]), same, batch.weight[first])
        return forth + _surprise(towards(score.mT, beyond[first]), same.mT, batch.weight[second])


def _same(first: Tensor, second: Tensor) -> Tensor:
    """(P, A, B) bool, whether regions are of one known shape."""
    return (first[:, :, None] == second[:, None, :]) & (first != UNKNOWN)[:, :, None]


def _surprise(log_probability: Tensor, same: Tensor, weight: Tensor) -> Tensor:
    """Mean of minus the logarithm of what falls on all that is right; "no match" if none is."""
    is_lost = ~same.any(dim=2, keepdim=True)
    right = torch.cat([same, is_lost], dim=2)
    chance = log_probability.masked_fill(~right, -torch.inf).logsumexp(dim=2)
    return -(chance.clamp(min=-30) * weight).sum() / weight.sum().clamp(min=1e-6)


@torch.no_grad()
def _right(forth: Tensor, same: Tensor, batch: Batch) -> Tensor:
    best = forth[..., :-1].argmax(dim=2, keepdim=True)
    is_right = same.gather(2, best)[..., 0].float()
    weight = batch.weight[batch.first] * same.any(dim=2)
    shares = []
    for has_prior in (False, True):
        of_kind = weight * (batch.has_prior == has_prior)[:, None]
        shares.append((is_right * of_kind).sum() / of_kind.sum().clamp(min=1e-6))
    return torch.stack(shares)
