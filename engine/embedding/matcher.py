"""The network that matches the regions of two drawings: attention within and between them."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody knows
from torch import Tensor, nn

from .network import DESCRIPTOR
from .sight import GEOMETRY

# Of a pair of regions: the prior both ways, difference of place, the same after the motion that
# the prior says, of size and area, and whether there is a prior.
_PAIR_FEATURES = 10
_PAIR_WIDTH = 24


class PairMatcher(nn.Module):
    """Probabilities that regions of one drawing are those of another, or none of them.

    Layers of attention, within each drawing with relative positions and then across, after
    SuperGlue (Sarlin et al., 2020) and LightGlue (Lindenberger et al., 2023). It differs: a pair of
    regions has features of its own (how they lie to each other, how far they overlap under optical
    flow), which bias attention across and the result; and each side has a softmax of its own,
    because regions split and merge: several may match one.

    Args:
        layers: Pairs of attention, within and across.
        heads: Of attention.
        descriptor: Numbers in a descriptor; also the width of the network.

    """

    def __init__(self, layers: int = 3, heads: int = 4, descriptor: int = DESCRIPTOR) -> None:
        super().__init__()
        self.heads = heads
        self.enter = nn.Sequential(
            nn.Linear(descriptor + GEOMETRY, descriptor),
            nn.GELU(),
            nn.Linear(descriptor, descriptor),
        )
        # Frequencies at which positions turn queries and keys, one for each pair of numbers.
        self.frequency = nn.Linear(2, descriptor // heads // 2, bias=False)
        if not self.frequency.weight.is_meta:  # there are no numbers, but torch takes a second
            nn.init.normal_(self.frequency.weight, std=4.0)
        self.pair = nn.ModuleList(
            [nn.Linear(_PAIR_FEATURES, _PAIR_WIDTH), nn.Linear(_PAIR_WIDTH, heads + 1)]
        )
        self.within = nn.ModuleList(_Within(descriptor, heads) for _ in range(layers))
        self.across = nn.ModuleList(_Across(descriptor, heads) for _ in range(layers))
        self.final = nn.Linear(descriptor, descriptor)
        self.nothing = nn.Linear(descriptor, 1)
        # What descriptors and flow say by themselves, from which training starts.
        self.likeness = nn.Parameter(torch.tensor(10.0))
        self.overlap = nn.Parameter(torch.tensor(6.0))

    def forward(
        self,
        descriptor_a: Tensor,
        geometry_a: Tensor,
        descriptor_b: Tensor,
        geometry_b: Tensor,
        prior: Tensor | None = None,
        *,
        count_a: Tensor | None = None,
        count_b: Tensor | None = None,
        has_prior: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Match P pairs of drawings.

        Args:
            descriptor_a: (P, A, D) descriptors of the regions of the first drawing.
            geometry_a: (P, A, GEOMETRY), see `region_geometry`.
            descriptor_b: (P, B, D) of the second.
            geometry_b: (P, B, GEOMETRY).
            prior: (P, A, B, 2), 0..1: the share of each region of the first drawing that lies on
                each of the second under optical flow, and the other way round; 0 beyond the
                counts. None if it is not known.
            count_a: (P,) how many regions the first drawing has, the others are ignored; None for
                all.
            count_b: (P,) the same for the second.
            has_prior: (P,) bool, whether a pair's prior is known; None for all or none.

        Returns:
            (P, A, B + 1) and (P, B, A + 1) float32 logarithms of probability, of each region of one
            drawing over the regions of the other; the last is "no match". Rows beyond the
            count mean nothing; columns beyond it are -inf.

        """
        size_a, size_b = geometry_a.shape[1], geometry_b.shape[1]
        bias = self._bias(geometry_a, geometry_b, prior, has_prior)
        ignored_a, ignored_b = _ignored(count_a, size_a), _ignored(count_b, size_b)
        turn_a, turn_b = self._turn(geometry_a), self._turn(geometry_b)
        # Both drawings side by side wherever regions do not look at one another: half the steps.
        x = torch.cat(
            [
                torch.cat([descriptor_a * 8, geometry_a], dim=2),
                torch.cat([descriptor_b * 8, geometry_b], dim=2),
            ],
            dim=1,
        )
        x, sizes = self.enter(x), (size_a, size_b)
        for within, across in zip(self.within, self.across, strict=True):
            x = within(x, sizes, (turn_a, turn_b), (ignored_a, ignored_b))
            x = across(x, sizes, bias[:, :-1], (ignored_a, ignored_b))
        final_a, final_b = self.final(x).split(sizes, dim=1)
        nothing_a, nothing_b = self.nothing(x).float().split(sizes, dim=1)
        like = torch.einsum("pad,pbd->pab", descriptor_a, descriptor_b) * self.likeness
        score = torch.einsum("pad,pbd->pab", final_a, final_b).float()
        score = score / x.shape[2] ** 0.5 + like + bias[:, -1]
        return (
            _probability(score, nothing_a, ignored_b),
            _probability(score.transpose(1, 2), nothing_b, ignored_a),
        )

    def _bias(
        self, geometry_a: Tensor, geometry_b: Tensor, prior: Tensor | None, has_prior: Tensor | None
    ) -> Tensor:
        """(P, heads + 1, A, B) float32.

        A small perceptron of each pair's features. All but the prior are differences, so their
        share of the hidden layer is a sum of what each side has by itself.
        """
        first, last = (cast(nn.Linear, layer) for layer in self.pair)
        weight = first.weight
        known = geometry_a.new_zeros(len(geometry_a), 1, 1)
        place_a, place_b, moved = geometry_a[..., :2], geometry_b[..., :2], geometry_a[..., :2]
        if prior is not None:
            known = known + 1 if has_prior is None else has_prior.to(prior.dtype)[:, None, None]
            prior = prior * known[..., None]
            # Where the flow says that a region went: the middle of what it lands on.
            share = prior[..., 0]
            moved = share @ place_b + (1 - share.sum(dim=2, keepdim=True)) * place_a
        # Places are differences of numbers that may be close: no half precision here.
        with torch.autocast(geometry_a.device.type, enabled=False):
            of_a = torch.cat([place_a, moved, geometry_a[..., 2:5]], dim=2) * -4
            of_b = torch.cat([place_b, place_b, geometry_b[..., 2:5]], dim=2) * 4
            of_a = F.linear(
                torch.cat([of_a, known.expand(-1, of_a.shape[1], 1)], dim=2), weight[:, 2:]
            )
            of_b = F.linear(of_b, weight[:, 2:9], first.bias)
            # (P, width, A, B): each number of the hidden layer lies in one piece of memory.
            hidden = of_a.mT[:, :, :, None] + of_b.mT[:, :, None, :]
            if prior is not None:
                prior = prior.permute(0, 3, 1, 2)  # (P, 2, A, B)
                hidden = hidden + torch.einsum("wk,pkab->pwab", weight[:, :2], prior)
            bias = torch.einsum("hw,pwab->phab", last.weight, F.relu(hidden))
            bias = bias + last.bias[:, None, None]
        if prior is None:
            return bias
        overlap = prior.mean(dim=1, keepdim=True) * self.overlap
        return torch.cat([bias[:, :-1], bias[:, -1:] + overlap], dim=1)

    def _turn(self, geometry: Tensor) -> Tensor:
        """(P, 2, 1, R, head / 2) cosine and sine of the angles of each region's position."""
        angle = self.frequency(geometry[..., :2]).float()[:, None]
        return torch.stack([angle.cos(), angle.sin()], dim=1)


class _Within(nn.Module):
    """Attention of the regions of each drawing to each other."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.ask = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.think = _Think(width)

    def forward(
        self,
        x: Tensor,
        sizes: tuple[int, int],
        turns: tuple[Tensor, Tensor],
        ignored: tuple[Tensor | None, Tensor | None],
    ) -> Tensor:
        asked = self.ask(x).split(sizes, dim=1)
        messages = [self._message(*side) for side in zip(asked, turns, ignored, strict=True)]
        return cast(Tensor, self.think(x, self.out(torch.cat(messages, dim=1))))

    def _message(self, asked: Tensor, turn: Tensor, ignored: Tensor | None) -> Tensor:
        pairs, size, _ = asked.shape
        query, key, value = (
            asked.reshape(pairs, size, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        )
        bias = None
        if ignored is not None:
            bias = torch.zeros_like(ignored, dtype=query.dtype)
            bias = bias.masked_fill(ignored, -1e4)[:, None, None, :]
        message = F.scaled_dot_product_attention(
            _turned(query, turn), _turned(key, turn), value, attn_mask=bias
        )
        return _joined(message)


class _Across(nn.Module):
    """Attention between two drawings, the same both ways."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.ask = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)
        self.think = _Think(width)

    def forward(
        self,
        x: Tensor,
        sizes: tuple[int, int],
        bias: Tensor,
        ignored: tuple[Tensor | None, Tensor | None],
    ) -> Tensor:
        ignored_a, ignored_b = ignored
        ask_a, ask_b = torch.split(self._split(self.ask(x)), list(sizes), dim=2)
        score = torch.matmul(ask_a, ask_b.transpose(2, 3)).float() / ask_a.shape[3] ** 0.5 + bias
        to_b, to_a = score, score
        if ignored_b is not None:
            to_b = to_b.masked_fill(ignored_b[:, None, None, :], -1e4)
        if ignored_a is not None:
            to_a = to_a.masked_fill(ignored_a[:, None, :, None], -1e4)
        value_a, value_b = torch.split(self._split(self.value(x)), list(sizes), dim=2)
        to_a_message = torch.matmul(to_b.softmax(dim=3).to(value_b.dtype), value_b)
        to_b_message = torch.matmul(to_a.softmax(dim=2).to(value_a.dtype).mT, value_a)
        message = torch.cat([_joined(to_a_message), _joined(to_b_message)], dim=1)
        return cast(Tensor, self.think(x, self.out(message)))

    def _split(self, x: Tensor) -> Tensor:
        pairs, size, _ = x.shape
        return x.view(pairs, size, self.heads, -1).transpose(1, 2)


class _Think(nn.Module):
    """What a region makes of a message, added to what it knew."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2 * width, 2 * width),
            nn.LayerNorm(2 * width),
            nn.GELU(),
            nn.Linear(2 * width, width),
        )

    def forward(self, x: Tensor, message: Tensor) -> Tensor:
        return x + cast(Tensor, self.layers(torch.cat([x, message], dim=2)))


def _turned(x: Tensor, turn: Tensor) -> Tensor:
    """Rotary positions (Su et al., 2021): (P, heads, R, d) turned, two numbers at a time."""
    cosine, sine = turn[:, 0], turn[:, 1]  # (P, 1, R, d / 2)
    first, second = x.float().chunk(2, dim=3)
    turned = torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=3)
    return turned.to(x.dtype)


def _joined(message: Tensor) -> Tensor:
    return message.transpose(1, 2).flatten(2)


def _ignored(count: Tensor | None, size: int) -> Tensor | None:
    if count is None:
        return None
    return torch.arange(size, device=count.device)[None] >= count[:, None]


def _probability(score: Tensor, nothing: Tensor, ignored: Tensor | None) -> Tensor:
    if ignored is not None:
        score = score.masked_fill(ignored[:, None, :], -torch.inf)
    return torch.cat([score, nothing], dim=2).log_softmax(dim=2)
