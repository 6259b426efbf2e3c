"""The channels of an output frame, as its job asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .composite import CHANNELS
from .errors import FileError
from .job import output_layers
from .palette import cryptomatte
from .palette.book import MOST_ENTRIES

INDEX_CHANNEL = "palette.index"
"""The number of each pixel's palette entry, under the line too; 0 where unpainted."""


class Assembled(NamedTuple):
    """What `images.write_frame` takes.

    Attributes:
        pixels: (H, W, C) float16, or float32 where a channel is stored so.
        channels: C names.
        full: Those of them that are stored as 32-bit floats.

    """

    pixels: NDArray[np.floating[Any]]
    channels: tuple[str, ...]
    full: frozenset[str]


def channels_of(layers: str) -> tuple[str, ...]:
    """Every channel of an output whose job says `layers`."""
    wanted = output_layers(layers)
    channels: tuple[str, ...] = CHANNELS if "all" in wanted else CHANNELS[:4]
    if "index" in wanted:
        channels += (INDEX_CHANNEL,)
    if "cryptomatte" in wanted:
        channels += cryptomatte.CHANNELS
    return channels


def stored_type(channel: str) -> str:
    """The type that a channel is stored in, as OpenImageIO calls it."""
    return "float" if channel in cryptomatte.CHANNELS else "half"


def assemble(
    layers: str,
    composed: NDArray[np.float16],
    entry: NDArray[np.int32] | None = None,
    names: Sequence[str] = (),
) -> Assembled:
    """Put the channels of a frame together.

    Args:
        layers: What the job asks for.
        composed: (H, W, 9), channels as `composite.CHANNELS`.
        entry: (H, W) number of each pixel's palette entry, 0 where unpainted; asked for where
            the layers hold an index or a Cryptomatte.
        names: By number from 1, "" where a number has no entry.

    Raises:
        FileError: There are more palette entries than the index layer holds.

    """
    channels = channels_of(layers)
    base = composed if CHANNELS[4] in channels else composed[..., :4]
    if len(channels) == base.shape[-1]:
        return Assembled(base, channels, frozenset())
    if entry is None:
        raise AssertionError("palette layers without a palette")
    full = frozenset(name for name in channels if stored_type(name) == "float")
    pixels = np.zeros((*base.shape[:2], len(channels)), np.float32 if full else np.float16)
    pixels[..., : base.shape[-1]] = base
    if INDEX_CHANNEL in channels:
        if entry.max(initial=0) > MOST_ENTRIES:
            raise FileError(
                f"The shot has more than {MOST_ENTRIES} colours, and the index layer holds no "
                "more: leave `index` out of the layers to write."
            )
        pixels[..., channels.index(INDEX_CHANNEL)] = entry
    if full:
        at = channels.index(cryptomatte.CHANNELS[0])
        pixels[..., at : at + 2] = cryptomatte.table(names)[entry]
    return Assembled(pixels, channels, full)
