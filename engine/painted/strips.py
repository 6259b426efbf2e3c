"""The generator evaluated in strips of rows: little memory, few passes over it, the exact result.

Instance normalisation needs the mean and variance of a channel over the *whole* frame, so a frame
cannot be cut into tiles that each run through the network. Here every layer runs over the whole
frame before the next starts, but strip by strip:

- A convolution writes *raw* rows. While a strip of them is still in the processor's cache, the mean
  and variance of each channel are taken over it in two passes; those of all strips are merged
  exactly (Chan, Golub and LeVeque 1979).
- Whoever reads a map normalises a strip when it comes to it, in place, and clamps (ReLU) and
  reflects the rows that it needs into the window that its convolution reads.
- A strip that nobody needs again is dropped at once.
- Where even that takes too much memory, the largest maps are not kept at all: their strips are
  computed once for the statistics and again when they are read.

So each map crosses main memory once in each direction, and none is normalised, clamped and padded
in a pass of its own.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - what everybody calls it

from .convolutions import RowConvolution
from .generator import INSTANCE_NORM_EPS

# Sums that run side by side in the statistics: few enough for the first-level cache.
SUMS_AT_ONCE = 2048


class FeatureMap(ABC):
    """A map of features that is read in windows of rows, from the top down."""

    def __init__(self, channels: int, height: int, width: int, like: Tensor) -> None:
        self.channels = channels
        self.height = height
        self.width = width
        self.like = like  # device and dtype of the windows
        self._window = like.new_empty(0)

    @abstractmethod
    def _fill(self, first: int, end: int, out: Tensor) -> None:
        """Write rows first..end-1, all inside the frame, to out (1, channels, rows, width)."""

    def forget(self, before: int) -> None:  # noqa: B027 - a map that holds nothing forgets nothing
        """Say that rows above this one will not be asked for again."""

    def window(self, first: int, end: int, *, reflects: bool, halo: int) -> Tensor:
        """Rows first..end-1, which may reach outside the frame, ready for a convolution.

        Returns:
            (1, channels, end - first, width + 2 halo) if reflects, with what lies outside the frame
            reflected; else (1, channels, end - first, width) with zero rows outside. The next
            window overwrites it.

        """
        columns = halo if reflects else 0
        window = self._empty_window(end - first, self.width + 2 * columns)
        top, bottom = max(first, 0), min(end, self.height)
        inside = window[:, :, top - first : bottom - first]
        self._fill(top, bottom, inside[..., columns : columns + self.width])
        for column in range(columns):
            # Column -1 mirrors column 1; the window's own columns start `columns` further left.
            inside[..., columns - 1 - column].copy_(inside[..., columns + 1 + column])
            right = columns + self.width
            inside[..., right + column].copy_(inside[..., right - 2 - column])
        for row in [*range(first, top), *range(bottom, end)]:
            outside = window[:, :, row - first]
            if reflects:
                mirrored = -row if row < 0 else 2 * (self.height - 1) - row
                outside.copy_(window[:, :, mirrored - first])
            else:
                outside.zero_()
        return window

    def _empty_window(self, rows: int, columns: int) -> Tensor:
        # One buffer for all windows stays in the cache; fresh ones would push the strips out.
        size = rows * columns * self.channels
        if self._window.numel() < size:
            self._window = self.like.new_empty(size)
        flat = self._window[:size].view(1, rows, columns, self.channels)
        return flat.permute(0, 3, 1, 2)


class InputMap(FeatureMap):
    """The network's input, read as it is."""

    def __init__(self, frame: Tensor) -> None:
        _, channels, height, width = frame.shape
        super().__init__(channels, height, width, frame)
        self._frame = frame

    def _fill(self, first: int, end: int, out: Tensor) -> None:
        out.copy_(self._frame[:, :, first:end])


class ConvolvedMap(FeatureMap):
    """ReLU(norm(convolution(source))), or without the ReLU: raw strips and their statistics.

    Args:
        convolution: What makes the rows.
        source: What it reads.
        strip_rows: Rows out at a time.
        keeps: Whether the raw strips are kept; else they are computed again where they are read,
            and the source has to stay.
        keeps_source: Whether somebody else still reads the source from the top.

    """

    def __init__(
        self,
        convolution: RowConvolution,
        source: FeatureMap,
        *,
        strip_rows: int,
        keeps: bool = True,
        keeps_source: bool = False,
    ) -> None:
        super().__init__(
            convolution.channels,
            convolution.output_size(source.height),
            convolution.output_size(source.width),
            source.like,
        )
        self._convolution = convolution
        self._source: FeatureMap | None = source
        self._keeps = keeps
        self._strips = Strips()
        self._normalised_rows = 0
        statistics = Statistics(self.channels)
        for first, end in strip_bounds(self.height, strip_rows):
            raw = self._raw(first, end)
            statistics.add(raw)
            if keeps:
                self._strips.append(first, raw)
                if not keeps_source:
                    source.forget(convolution.input_rows(end, end)[0])
        if keeps:
            self._source = None
        self.mean, self.variance = statistics.merged()

    def _raw(self, first: int, end: int) -> Tensor:
        assert self._source is not None  # noqa: S101 - kept maps read their strips instead
        window = self._source.window(
            *self._convolution.input_rows(first, end),
            reflects=self._convolution.reflects,
            halo=self._convolution.halo,
        )
        return self._convolution(window)

    def normalised(self, first: int, end: int) -> Iterator[tuple[int, Tensor]]:
        """(row, normalised rows from there on) that together are rows first..end-1.

        Kept strips are normalised in place when they are first read, from the top down.
        """
        if not self._keeps:
            # A layer that doubles the size computes rows in pairs.
            even_first, even_end = first // 2 * 2, min(-(-end // 2) * 2, self.height)
            raw = self._normalise(self._raw(even_first, even_end))
            yield first, raw[:, :, first - even_first :][:, :, : end - first]
            return
        for start, strip in self._strips.reaching(first, end):
            if start >= self._normalised_rows:
                self._normalise(strip)
                self._normalised_rows = start + strip.shape[2]
            top, bottom = max(first, start), min(end, start + strip.shape[2])
            yield top, strip[:, :, top - start : bottom - start]

    def _normalise(self, raw: Tensor) -> Tensor:
        if raw.device.type != "cpu":
            return raw.copy_(F.batch_norm(raw, self.mean, self.variance, eps=INSTANCE_NORM_EPS))
        # The same in place, which saves a fresh strip and a pass over it.
        unused = torch.empty(0), torch.empty(0)
        torch.native_batch_norm(
            raw,
            None,
            None,
            self.mean,
            self.variance,
            training=False,
            momentum=0.0,
            eps=INSTANCE_NORM_EPS,
            out=(raw, *unused),
        )
        return raw

    def _fill(self, first: int, end: int, out: Tensor) -> None:
        for row, rows in self.normalised(first, end):
            torch.clamp_min(rows, 0, out=out[:, :, row - first : row - first + rows.shape[2]])

    def forget(self, before: int) -> None:
        """Drop strips that lie wholly above."""
        self._strips.forget(before)
        # What is computed again reads its source in step.
        if self._source is not None:
            self._source.forget(self._convolution.input_rows(before // 2 * 2, before)[0])


class ResidualMap(FeatureMap):
    """trunk + norm(branch): summed strip by strip when it is first read, each then dropped there.

    Rows have to be asked for from the top down the first time, and stay until they are forgotten.
    """

    def __init__(self, trunk: FeatureMap, branch: ConvolvedMap, *, strip_rows: int) -> None:
        super().__init__(trunk.channels, trunk.height, trunk.width, trunk.like)
        self._trunk = trunk
        self._branch = branch
        self._bounds = list(strip_bounds(self.height, strip_rows))
        self._strips = Strips()

    def _fill(self, first: int, end: int, out: Tensor) -> None:
        while self._bounds and self._bounds[0][0] < end:
            self._add_strip(*self._bounds.pop(0))
        for start, strip in self._strips.reaching(first, end):
            top, bottom = max(first, start), min(end, start + strip.shape[2])
            out[:, :, top - first : bottom - first].copy_(strip[:, :, top - start : bottom - start])

    def _add_strip(self, first: int, end: int) -> None:
        if isinstance(self._trunk, ResidualMap):
            # Everything has read the trunk by now, so the sum takes its place.
            total = self._trunk._strips.take_first()
        else:
            total = self._trunk.window(first, end, reflects=False, halo=0).clone()
        for row, rows in self._branch.normalised(first, end):
            total[:, :, row - first : row - first + rows.shape[2]].add_(rows)
        self._strips.append(first, total)
        self._trunk.forget(end)
        self._branch.forget(end)

    def forget(self, before: int) -> None:
        """Drop strips that lie wholly above."""
        self._strips.forget(before)


class Strips:
    """Strips of rows of one map, appended from the top and dropped from the top."""

    def __init__(self) -> None:
        self._strips: list[tuple[int, Tensor]] = []

    def append(self, first: int, rows: Tensor) -> None:
        """Add rows (1, channels, n, width) that start at `first`, where the last ones ended."""
        self._strips.append((first, rows))

    def reaching(self, first: int, end: int) -> Iterator[tuple[int, Tensor]]:
        """(first row, strip) of the strips that hold any of rows first..end-1, from the top."""
        for start, rows in self._strips:
            if start < end and start + rows.shape[2] > first:
                yield start, rows

    def take_first(self) -> Tensor:
        """Remove the topmost strip and return it."""
        return self._strips.pop(0)[1]

    def forget(self, before: int) -> None:
        """Drop strips that lie wholly above this row."""
        self._strips = [
            (start, rows) for start, rows in self._strips if start + rows.shape[2] > before
        ]


class Statistics:
    """Mean and variance of every channel over strips, each strip read while it is in the cache.

    The kernels add thousands of pixels up in float32 one after the other, which on flat paper
    loses digits at each step. So the pixels of a strip are dealt out to groups that are summed
    apart, and the groups of all strips are merged in float64.
    """

    def __init__(self, channels: int) -> None:
        self._channels = channels
        # (groups, channels) mean, (groups, channels) biased variance, pixels in each group
        self._parts: list[tuple[Tensor, Tensor, int]] = []

    def add(self, rows: Tensor) -> None:
        """Take in a strip (1, channels, n, width), channels-last and contiguous."""
        pixels = rows.shape[2] * rows.shape[3]
        if rows.device.type != "cpu":
            variance, mean = torch.var_mean(rows.float(), dim=(0, 2, 3), correction=0)
            self._parts.append((mean[None], variance[None], pixels))
            return
        # To the kernel a group is so many more channels: pixel 0 of group 0, of group 1, ...
        groups = math.gcd(pixels, max(SUMS_AT_ONCE // self._channels, 1))
        dealt = rows.permute(0, 2, 3, 1).view(1, pixels // groups, 1, groups * self._channels)
        # The two-pass kernel of batch normalisation without the normalising; it also moves
        # running statistics, which nobody wants here.
        unused = torch.zeros(2, groups * self._channels)
        mean, variance = torch.batch_norm_update_stats(
            dealt.permute(0, 3, 1, 2), unused[0], unused[1], 0.0
        )
        shape = (groups, self._channels)
        self._parts.append((mean.view(shape), variance.view(shape), pixels // groups))

    def merged(self) -> tuple[Tensor, Tensor]:
        """(mean, biased variance), each (channels,) float32, over all strips together."""
        mean, variance, _ = self._parts[0]
        if len(self._parts) == len(mean) == 1:
            return mean[0], variance[0]
        means = torch.cat([mean for mean, _, _ in self._parts]).double()  # (groups, channels)
        variances = torch.cat([variance for _, variance, _ in self._parts]).double()
        total = sum(len(mean) * pixels for mean, _, pixels in self._parts)
        share = torch.cat(
            [torch.full((len(mean), 1), pixels / total) for mean, _, pixels in self._parts]
        ).to(means)
        mean = (share * means).sum(dim=0)
        variance = (share * (variances + (means - mean) ** 2)).sum(dim=0)
        return mean.float(), variance.float()


def strip_bounds(height: int, strip_rows: int) -> Iterator[tuple[int, int]]:
    """[first, end) of strips of at most strip_rows (even) rows, all about equally tall and even."""
    count = -(-height // strip_rows)
    rows = -(-height // (2 * count)) * 2
    for first in range(0, height, rows):
        yield first, min(first + rows, height)
