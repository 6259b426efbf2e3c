"""What a drawing is made of: its colours, its small features, its fills without a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .acting import constant
from .cast import Actor, Motion, Part, outline_of
from .library import Entry
from .raster import FIRST_LINE_CODE, Easel
from .svg import Rgb, Shape, read_poses
from .warps import Affine

SIDE_PX = 288  # drawings are looked at in this size
LINED = 0.55  # share of a fill's rim beside a line, from which the fill has an outline
LARGEST_FEATURE = 0.3  # of the drawing's larger side
SMALLEST_FEATURE = 0.015


@dataclass(frozen=True, eq=False)
class Anatomy:
    """A drawing, looked at.

    Attributes:
        shapes: Rearmost first; those of all poses.
        poses: Shapes that each pose shows.
        colours: Of paint, the one with the largest area first.
        unlined: Fills that no drawn line surrounds.
        cut: Fills that end in a straight edge at the drawing's bottom, as busts do.
        features: Groups of small shapes that lie together: eyes, mouths, buttons.
        ink_share: Of what the drawing covers, the share that is ink.
        seen: Pixels of each shape's paint that are seen, of SIDE_PX squared.

    """

    shapes: tuple[Shape, ...]
    poses: tuple[frozenset[int], ...]
    colours: tuple[Rgb, ...]
    unlined: frozenset[int]
    cut: frozenset[int]
    features: tuple[frozenset[int], ...]
    ink_share: float
    seen: tuple[int, ...]

    @property
    def is_lined(self) -> bool:
        """Whether most of its paint has outlines."""
        return sum(self.seen[k] for k in self.unlined) < 0.4 * sum(self.seen)


@lru_cache(maxsize=512)
def anatomy_of(entry: Entry) -> Anatomy:
    """Look at a drawing.

    Raises:
        DataError: A file of it cannot be read.

    """
    shapes, poses = merged_poses(read_poses(entry.files))
    seen = np.zeros(len(shapes), np.int64)
    unlined, densest = set(range(len(shapes))), 0.0
    for pose in poses:
        of_pose, lined, ink_share = _looked_at(shapes, pose)
        densest = max(densest, ink_share)
        seen = np.maximum(seen, of_pose)
        unlined -= lined
    areas: dict[Rgb, int] = {}
    for shape, area in zip(shapes, seen, strict=True):
        for colour in (shape.fill if shape.is_painted else None, _band(shape)):
            if colour is not None:
                areas[colour] = areas.get(colour, 0) + int(area)
    unlined = {k for k in unlined if shapes[k].is_painted}
    return Anatomy(
        shapes=shapes,
        poses=poses,
        colours=tuple(sorted(areas, key=lambda c: (-areas[c], c))),
        unlined=frozenset(unlined),
        cut=_cut_at_bottom(shapes),
        features=tuple(_features(shapes, poses[0])),
        ink_share=densest,
        seen=tuple(int(n) for n in seen),
    )


def _band(shape: Shape) -> Rgb | None:
    return None if shape.stroke_is_ink else shape.stroke


def _cut_at_bottom(shapes: Sequence[Shape]) -> frozenset[int]:
    bottom = max(shape.box[3] for shape in shapes)
    cut = set()
    for number, shape in enumerate(shapes):
        x = shape.points[shape.points[:, 1] > bottom - 0.004, 0]
        if shape.is_painted and len(x) > 1 and np.ptp(x) > 0.12:
            cut.add(number)
    return frozenset(cut)


def merged_poses(
    poses: Sequence[Sequence[Shape]],
) -> tuple[tuple[Shape, ...], tuple[frozenset[int], ...]]:
    """One list of shapes for all poses of a drawing; what poses share is in it once.

    A shape is the same in two poses when its points and paint are. Its place in the list keeps
    the painting order of every pose.
    """
    order: list[bytes] = []
    by_key: dict[bytes, Shape] = {}
    keys_of_pose = []
    for shapes in poses:
        keys, times = [], dict[bytes, int]()
        for shape in shapes:
            key = _key(shape)
            times[key] = times.get(key, 0) + 1
            key += times[key].to_bytes(2, "big")  # a shape may be drawn twice
            by_key.setdefault(key, shape)
            keys.append(key)
        keys_of_pose.append(keys)
        at = 0
        for key in keys:
            if key in order[at:]:
                at = order.index(key, at) + 1
            elif key not in order:
                order.insert(at, key)
                at += 1
    number = {key: k for k, key in enumerate(order)}
    return (
        tuple(by_key[key] for key in order),
        tuple(frozenset(number[key] for key in keys) for keys in keys_of_pose),
    )


def _key(shape: Shape) -> bytes:
    paint = repr((shape.fill, shape.stroke, round(shape.stroke_width, 3), shape.lengths))
    return np.round(shape.points * 200).astype(np.int32).tobytes() + paint.encode()


def _looked_at(
    shapes: Sequence[Shape], pose: frozenset[int]
) -> tuple[NDArray[np.int64], set[int], float]:
    """Pixels seen of each shape, the fills that a line surrounds, and the share of ink."""
    points, parts, at = [], [], 0
    for number, shape in enumerate(shapes):
        outline = outline_of(at, shape.lengths, shape.is_closed, is_even_odd=shape.is_even_odd)
        at = outline.last
        points.append(shape.points)
        parts.append(
            Part(
                outline,
                region=number + 1 if shape.is_painted else 0,
                is_black=shape.fill_is_ink,
                line_width=shape.stroke_width if shape.stroke_is_ink else 0.0,
                is_extra=number not in pose,
            )
        )
    motion = Motion(constant(0.5), constant(0.5), constant(0.96))
    actor = Actor("", np.concatenate(points), tuple(parts), motion)
    easel = Easel(SIDE_PX, SIDE_PX, [actor])
    easel.draw([actor.posed(0, Affine(a=SIDE_PX, d=SIDE_PX))])
    codes = easel.codes()
    is_line = codes >= FIRST_LINE_CODE
    near_line = cv2.dilate(is_line.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    fills = np.where(is_line, 0, codes)
    rim = np.zeros(codes.shape, np.bool_)
    rim[:, 1:] |= codes[:, 1:] != codes[:, :-1]
    rim[:, :-1] |= codes[:, 1:] != codes[:, :-1]
    rim[1:] |= codes[1:] != codes[:-1]
    rim[:-1] |= codes[1:] != codes[:-1]
    count = len(shapes) + 1
    seen = np.bincount(fills.ravel(), minlength=count)[1:count]
    rims = np.bincount(fills[rim], minlength=count)[1:count]
    beside = np.bincount(fills[rim & near_line], minlength=count)[1:count]
    lined = {k for k in range(len(shapes)) if rims[k] and beside[k] >= LINED * rims[k]}
    return seen, lined, float(is_line.sum() / max(np.count_nonzero(codes), 1))


def _features(shapes: Sequence[Shape], pose: frozenset[int]) -> list[frozenset[int]]:
    """Small shapes grouped where their boxes touch; groups that stay small."""
    small = []
    for number in sorted(pose):
        left, top, right, bottom = shapes[number].box
        if max(right - left, bottom - top) <= LARGEST_FEATURE * 0.7:
            small.append(number)
    boxes = np.array([shapes[k].box for k in small]).reshape(-1, 4)
    group = list(range(len(small)))
    for i in range(len(small)):
        for j in range(i):
            apart = np.maximum(boxes[i, :2] - boxes[j, 2:], boxes[j, :2] - boxes[i, 2:]).max()
            if apart < 0.0 and group[i] != group[j]:
                old, new = group[i], group[j]
                group = [new if g == old else g for g in group]
    features = []
    for one in dict.fromkeys(group):
        members = [k for k, g in enumerate(group) if g == one]
        size = (boxes[members, 2:].max(axis=0) - boxes[members, :2].min(axis=0)).max()
        if SMALLEST_FEATURE < size <= LARGEST_FEATURE:
            features.append(frozenset(small[k] for k in members))
    return features
