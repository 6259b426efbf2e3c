"""Which regions of two drawings are the same thing, as far as that can be told without hints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .analysis import Arrays


@dataclass(frozen=True, eq=False)
class Links:
    """Candidate pairs between the regions of a drawing and those of a later one.

    Each region divides one unit of belief among its candidates in the other drawing; what is left
    is the belief that it has no match there: it vanished, or is new. A region that falls apart, or
    several that merge, keep all their candidates. The two directions differ: a sliver that splits
    off belongs to its parent for sure, but hardly any of the parent went there.

    Attributes:
        source: (L,) int32, regions of the earlier drawing, ascending.
        target: (L,) int32, regions of the later one.
        forth: (L,) float32, 0..1, belief of the source that the target is, or is part of, it.
        back: (L,) float32, 0..1, belief of the target that it comes from the source.
        lost: (R earlier,) float32, 0..1, belief that a region has no match in the later drawing.
        new: (R later,) float32, 0..1, belief that a region has none in the earlier one.
        is_cut: () bool, whether their lines hardly meet: most likely they are of different scenes.

    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    forth: NDArray[np.float32]
    back: NDArray[np.float32]
    lost: NDArray[np.float32]
    new: NDArray[np.float32]
    is_cut: NDArray[np.bool_]

    @classmethod
    def identity(cls, count: int) -> Links:
        """Each region with itself: the same drawing twice."""
        each, sure = np.arange(count, dtype=np.int32), np.ones(count, np.float32)
        none = np.zeros(count, np.float32)
        return cls(each, each, sure, sure, none, none, np.array(False))

    def to_arrays(self) -> Arrays:
        """Name to array, for keeping."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Links:
        """The links that `to_arrays` gave.

        Raises:
            ValueError: An array is missing, unknown, or of another length than it must be.

        """
        if set(arrays) != {field.name for field in fields(cls)}:
            raise ValueError(f"expected the arrays of links, got {sorted(arrays)}")
        made = cls(**dict(arrays))
        if len({len(made.source), len(made.target), len(made.forth), len(made.back)}) != 1:
            raise ValueError("expected source, target, forth and back of one length")
        if len(made.source) and (
            made.source.min() < 0
            or made.source.max() >= len(made.lost)
            or made.target.min() < 0
            or made.target.max() >= len(made.new)
        ):
            raise ValueError("expected regions that there are, got others")
        return made
