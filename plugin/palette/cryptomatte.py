"""Palette entries as Cryptomatte: a matte for every colour, picked by its name in a compositor.

The specification is Psyop's, version 1.2.0 (Friedman and Jones, 2015): a name is hashed to 32 bits,
which are stored as they are in a float channel beside a coverage, and a manifest in the metadata
says which name has which hash. Regions are hard, so one rank with coverage 1 says all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

LAYER = "CelPaint"
"""Name of the Cryptomatte layer; its channels are those of `CHANNELS`."""

CHANNELS = tuple(f"{LAYER}00.{component}" for component in "RGBA")
"""Rank 0: hash and coverage. Rank 1, which readers expect in the same layer, is empty."""

_MASK = 0xFFFF_FFFF


def murmur3_32(data: bytes, seed: int = 0) -> int:
    """MurmurHash3_x86_32 (Austin Appleby, public domain) of bytes, 0..2^32 - 1.

    >>> f"{murmur3_32(b'hello'):08x}"
    '248bfa47'
    """
    state = seed & _MASK
    whole = len(data) - len(data) % 4
    for at in range(0, whole, 4):
        state ^= _mixed(int.from_bytes(data[at : at + 4], "little"))
        state = _rotated(state, 13)
        state = (state * 5 + 0xE654_6B64) & _MASK
    if whole < len(data):
        state ^= _mixed(int.from_bytes(data[whole:], "little"))
    state ^= len(data)
    state = ((state ^ state >> 16) * 0x85EB_CA6B) & _MASK
    state = ((state ^ state >> 13) * 0xC2B2_AE35) & _MASK
    return state ^ state >> 16


def hash_of(name: str) -> int:
    """The 32 bits that stand for a name, changed where they would be no ordinary float.

    An exponent of all zeros or all ones is a denormal, an infinity or NaN, which programs do not
    hand on bit for bit; its lowest bit is turned then ("uint32_to_float32").
    """
    bits = murmur3_32(name.encode())
    exponent = bits >> 23 & 0xFF
    return bits ^ 1 << 23 if exponent in (0, 0xFF) else bits


def metadata(names: Iterable[str]) -> dict[str, str]:
    """The attributes by which a reader finds the layer, and the manifest of these names."""
    key = f"cryptomatte/{hash_of(LAYER):08x}"[:-1]
    manifest = {name: f"{hash_of(name):08x}" for name in names}
    return {
        f"{key}/name": LAYER,
        f"{key}/hash": "MurmurHash3_32",
        f"{key}/conversion": "uint32_to_float32",
        f"{key}/manifest": json.dumps(manifest, ensure_ascii=False, separators=(",", ":")),
    }


def table(names: Iterable[str]) -> NDArray[np.float32]:
    """(P, 2) float32, hash and coverage of each entry of a palette; of row 0, unpainted, both 0.

    Args:
        names: Of entries 1, 2, ... in order.

    """
    hashes = [hash_of(name) for name in names]
    rows = np.zeros((len(hashes) + 1, 2), np.float32)
    rows[1:, 0] = np.array(hashes, np.uint32).view(np.float32)
    rows[1:, 1] = 1
    return rows


def _mixed(block: int) -> int:
    return (_rotated(block * 0xCC9E_2D51 & _MASK, 15) * 0x1B87_3593) & _MASK


def _rotated(value: int, by: int) -> int:
    return (value << by | value >> (32 - by)) & _MASK
