"""The matching network as it runs on shots: what `PairMatcher` says, in a third of its time.

A shot asks of each drawing beside five others. So what a drawing is by itself, the first layer
within it, is computed once and remembered. The rest is laid out for one pair at a time on a CPU:
projections that follow one another are one, positions turn as complex numbers, products are in
the device's arithmetic and sums over regions in single precision, and a pair's features cost what
the few pairs with a prior cost more than the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody knows
from numpy.typing import NDArray
from torch import Tensor, nn

from .matcher import PairMatcher
from .sight import GEOMETRY

REMEMBERED = 24
"""Drawings of which the first layer is kept: a shot asks of those up to 16 before one."""

ROWS = 32
"""Regions are brought to a multiple of this: of each new size, products are prepared anew, which
takes longer than to compute them."""

_BLOCK = 1 << 20
"""Numbers of the hidden layer of pairs that are computed at a time: they stay in the cache."""


@dataclass(frozen=True, eq=False)
class _Side:
    """What a drawing is by itself.

    Attributes:
        x: (R, D) in the device's arithmetic, behind the first layer within the drawing.
        turn: (R, 1, d / 2) complex64, by which queries and keys of each region are turned.
        descriptor: (R, D) float32.
        geometry: (R, GEOMETRY) float32.

    """

    x: Tensor
    turn: Tensor
    descriptor: Tensor
    geometry: Tensor


class InferenceMatcher:
    """Runs a trained `PairMatcher` on the CPU, pair by pair.

    What it says of a pair depends on nothing but the pair. It differs from the matcher by how
    numbers are rounded.

    Args:
        matcher: On the CPU, float32; it is not changed.
        dtype: What products with weights are computed in.

    """

    def __init__(self, matcher: PairMatcher, dtype: torch.dtype) -> None:
        with torch.no_grad():
            enter, _, leave = cast(tuple[nn.Linear, nn.Module, nn.Linear], tuple(matcher.enter))
            # Descriptors are small numbers: they enter eight times as large.
            scale = torch.ones(enter.in_features)
            scale[:-GEOMETRY] = 8
            self._enter = _Product.of(enter.weight * scale, enter.bias, dtype)
            self._leave = _Product.of(leave.weight, leave.bias, dtype)
            self._frequency = matcher.frequency.weight.float()
            heads = matcher.heads
            self._within = [_Within(layer, heads, dtype) for layer in matcher.within]
            self._across = [_Across(layer, heads, dtype) for layer in matcher.across]
            self._pairs = _PairBias(matcher)
            width = matcher.final.out_features
            self._final = _Product.of(
                torch.cat([matcher.final.weight, matcher.nothing.weight]),
                torch.cat([matcher.final.bias, matcher.nothing.bias]),
                dtype,
            )
            self._scale = width**-0.5
            self._likeness = float(matcher.likeness)
        self._side = lru_cache(REMEMBERED)(self._entered)

    def __call__(
        self,
        embedding_a: NDArray[np.float16],
        geometry_a: NDArray[np.float32],
        embedding_b: NDArray[np.float16],
        geometry_b: NDArray[np.float32],
        prior: NDArray[np.float32] | None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(A, B + 1) and (B, A + 1) probabilities, see `Embedder.match_both`."""
        with torch.inference_mode():
            # By what is in them: the same drawing may come as another array.
            a = self._side(_bytes(embedding_a, np.float16), _bytes(geometry_a, np.float32))
            b = self._side(_bytes(embedding_b, np.float16), _bytes(geometry_b, np.float32))
            bias = self._pairs(a.geometry, b.geometry, prior)
            sizes = [len(a.x), len(b.x)]
            turn = _filled([a.turn, b.turn])
            x = self._across[0](_filled([a.x, b.x]), sizes, bias[:-1])
            for within, across in zip(self._within[1:], self._across[1:], strict=True):
                x = across(within(x, sizes, turn), sizes, bias[:-1])
            final_a, final_b = torch.split(self._final(x)[: sum(sizes)].float(), sizes)
            ours = torch.cat([final_a[:, :-1] * self._scale, a.descriptor * self._likeness], dim=1)
            theirs = torch.cat([final_b[:, :-1], b.descriptor], dim=1)
            score = torch.addmm(bias[-1], ours, theirs.T)
            forth = torch.cat([score, final_a[:, -1:]], dim=1).softmax(dim=1)
            back = torch.cat([score.T, final_b[:, -1:]], dim=1).softmax(dim=1)
            return forth.numpy(), back.numpy()

    def _entered(self, embedding: bytes, geometry: bytes) -> _Side:
        known = torch.from_numpy(np.frombuffer(geometry, np.float32).reshape(-1, GEOMETRY).copy())
        halves = np.frombuffer(embedding, np.float16).reshape(len(known), -1)
        descriptor = torch.from_numpy(halves.astype(np.float32))
        x = _filled([torch.cat([descriptor, known], dim=1)])
        x = self._leave(F.gelu(self._enter(x)))
        angle = known[:, :2] @ self._frequency.T
        turn = torch.polar(torch.ones_like(angle), angle)[:, None]
        x = self._within[0](x, [len(known)], _filled([turn]))[: len(known)]
        return _Side(x, turn, descriptor, known)


@dataclass(frozen=True, eq=False)
class _Product:
    """A linear layer."""

    weight: Tensor
    bias: Tensor

    @classmethod
    def of(cls, weight: Tensor, bias: Tensor, dtype: torch.dtype) -> _Product:
        return cls(weight.detach().to(dtype).contiguous(), bias.detach().to(dtype).contiguous())

    def __call__(self, x: Tensor) -> Tensor:
        return F.linear(x.to(self.weight.dtype), self.weight, self.bias)


class _Think:
    """What a region makes of a message, added to what it knew; `out` of the message included."""

    def __init__(self, layers: nn.Sequential, out: nn.Linear, dtype: torch.dtype) -> None:
        first, norm, _, last = cast(
            tuple[nn.Linear, nn.LayerNorm, nn.Module, nn.Linear], tuple(layers)
        )
        of_x, of_message = torch.split(first.weight, out.out_features, dim=1)
        weight = torch.cat([of_x, of_message @ out.weight], dim=1)
        self._first = _Product.of(weight, first.bias + of_message @ out.bias, dtype)
        self._norm = _Product.of(norm.weight, norm.bias, dtype)
        self._eps = norm.eps
        self._last = _Product.of(last.weight, last.bias, dtype)

    def __call__(self, x: Tensor, message: Tensor) -> Tensor:
        hidden = self._first(torch.cat([x, message.to(x.dtype)], dim=1))
        norm = self._norm
        hidden = F.layer_norm(hidden, norm.bias.shape, norm.weight, norm.bias, self._eps)
        return x + self._last(F.gelu(hidden))


class _Within:
    """Attention of the regions of each drawing to each other."""

    def __init__(self, layer: nn.Module, heads: int, dtype: torch.dtype) -> None:
        ask, out = cast(nn.Linear, layer.ask), cast(nn.Linear, layer.out)
        self._heads, self._width = heads, out.in_features
        size = self._width // heads
        # Numbers that turn together lie side by side, as parts of a complex one.
        turned = torch.arange(2 * self._width).view(2 * heads, 2, size // 2).mT.reshape(-1)
        order = torch.cat([turned, torch.arange(2 * self._width, 3 * self._width)])
        scale = torch.ones(3 * self._width, 1)
        scale[: self._width] = size**-0.5
        weight, bias = ask.weight * scale, ask.bias * scale[:, 0]
        self._ask = _Product.of(weight[order], bias[order], dtype)
        self._think = _Think(cast(nn.Sequential, cast(nn.Module, layer.think).layers), out, dtype)

    def __call__(self, x: Tensor, sizes: list[int], turn: Tensor) -> Tensor:
        asked = self._ask(x).float()
        count, heads = len(x), self._heads
        pairs = asked[:, : 2 * self._width].reshape(count, 2 * heads, -1, 2)
        turned = torch.view_as_real(torch.view_as_complex(pairs) * turn).flatten(2)
        value = asked[:, 2 * self._width :].view(count, heads, -1)
        messages, top = [], 0
        for size in sizes:
            one = slice(top, top + size)
            query, key = torch.split(turned[one].transpose(0, 1), heads)
            heard = (query @ key.mT).softmax(dim=2) @ value[one].transpose(0, 1)
            messages.append(_joined(heard))
            top += size
        return self._think(x, _filled(messages))


class _Across:
    """Attention between two drawings, the same both ways."""

    def __init__(self, layer: nn.Module, heads: int, dtype: torch.dtype) -> None:
        ask, value, out = (
            cast(nn.Linear, getattr(layer, name)) for name in ("ask", "value", "out")
        )
        self._heads = heads
        scale = (out.in_features // heads) ** -0.25  # of both sides, so of their product its root
        self._ask = _Product.of(
            torch.cat([ask.weight * scale, value.weight]),
            torch.cat([ask.bias * scale, value.bias]),
            dtype,
        )
        self._think = _Think(cast(nn.Sequential, cast(nn.Module, layer.think).layers), out, dtype)

    def __call__(self, x: Tensor, sizes: list[int], bias: Tensor) -> Tensor:
        asked = self._ask(x).float().view(len(x), 2 * self._heads, -1).transpose(0, 1)
        a, b = torch.split(asked[:, : sum(sizes)], sizes, dim=1)
        heads = self._heads
        score = torch.baddbmm(bias, a[:heads], b[:heads].mT)
        to_a = score.softmax(dim=2) @ b[heads:]
        to_b = score.softmax(dim=1).mT @ a[heads:]
        return self._think(x, _filled([_joined(to_a), _joined(to_b)]))


class _PairBias:
    """What the features of each pair of regions add to the scores, in single precision."""

    def __init__(self, matcher: PairMatcher) -> None:
        first, last = cast(tuple[nn.Linear, nn.Linear], tuple(matcher.pair))
        weight = first.weight.detach().float()
        self._prior, self._known = weight[:, :2], weight[:, 9]
        self._first, self._first_bias = weight[:, 2:9], first.bias.detach().float()
        self._last, self._last_bias = last.weight.detach().float(), last.bias.detach().float()
        self._overlap = float(matcher.overlap)

    def __call__(
        self, geometry_a: Tensor, geometry_b: Tensor, prior: NDArray[np.float32] | None
    ) -> Tensor:
        """(heads + 1, A, B) float32."""
        place_a, place_b = geometry_a[:, :2], geometry_b[:, :2]
        moved = place_a
        if prior is not None:
            share = torch.from_numpy(np.ascontiguousarray(prior[..., 0]))
            moved = torch.addmm((1 - share.sum(dim=1, keepdim=True)) * place_a, share, place_b)
        of_a = torch.cat([place_a, moved, geometry_a[:, 2:5]], dim=1) @ (self._first.T * -4)
        of_b = torch.cat([place_b, place_b, geometry_b[:, 2:5]], dim=1) @ (self._first.T * 4)
        of_b += self._first_bias
        if prior is not None:
            of_a += self._known
        bias = self._of_all(of_a, of_b)
        if prior is not None:
            self._put_prior(bias, of_a, of_b, prior)
        return bias

    def _of_all(self, of_a: Tensor, of_b: Tensor) -> Tensor:
        """As if no region of one drawing landed on any of the other."""
        bias = of_a.new_empty(len(self._last), len(of_a), len(of_b))
        rows = max(1, _BLOCK // max(1, of_b.numel()))
        one, other = of_a.T[:, :, None].contiguous(), of_b.T[:, None].contiguous()
        for top in range(0, len(of_a), rows):
            hidden = (one[:, top : top + rows] + other).relu_().flatten(1)
            found = torch.addmm(self._last_bias[:, None], self._last, hidden)
            bias[:, top : top + rows] = found.view(len(bias), -1, len(of_b))
        return bias

    def _put_prior(
        self, bias: Tensor, of_a: Tensor, of_b: Tensor, prior: NDArray[np.float32]
    ) -> None:
        """Where one lands on the other, anew and in place."""
        # Both numbers of a pair at once, as one of 64 bits.
        place = np.flatnonzero(np.ascontiguousarray(prior).view(np.int64))
        one, other = np.divmod(place, prior.shape[1])
        share = torch.from_numpy(prior[one, other])
        hidden = of_a[torch.from_numpy(one)] + of_b[torch.from_numpy(other)]
        hidden = torch.addmm(hidden, share, self._prior.T).relu_()
        found = torch.addmm(self._last_bias, hidden, self._last.T)
        found[:, -1] += share.mean(dim=1) * self._overlap
        bias.numpy()[:, one, other] = found.T.numpy()


def _bytes(array: NDArray[np.floating], kind: type[np.floating]) -> bytes:
    return array.astype(kind, copy=False).tobytes()


def _filled(parts: Sequence[Tensor]) -> Tensor:
    """One below the other, filled up with zeros to a multiple of ROWS."""
    missing = -sum(map(len, parts)) % ROWS
    return torch.cat([*parts, parts[0].new_zeros(missing, *parts[0].shape[1:])])


def _joined(message: Tensor) -> Tensor:
    """(heads, R, d) to (R, D)."""
    return message.transpose(0, 1).flatten(1)
