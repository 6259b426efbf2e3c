from pathlib import Path

import numpy as np

from celtint.training.data.shards import read_shots
from celtint.training.graph.known import known_drawings, shapes_of


def test_regions_are_known_by_the_shape_that_most_of_them_is(coloured_set: Path) -> None:
    shot = next(iter(read_shots(coloured_set)))
    known = next(known_drawings([shot], None))
    assert len(known.analyses) == len(known.shapes) == len(known.colours) == 7
    for analysis, shapes, colours in zip(known.analyses, known.shapes, known.colours, strict=True):
        large = shapes[analysis.area_px > 100]
        assert set(large.tolist()) <= {1, 2, 3, 4}
        assert len(set(large.tolist())) >= 3
        assert len({(s, c) for s, c in zip(shapes.tolist(), colours.tolist(), strict=True)}) == len(
            set(shapes.tolist())
        ), "a shape has one colour"


def test_what_is_half_one_shape_and_half_another_is_not_known(coloured_set: Path) -> None:
    known = next(known_drawings(read_shots(coloured_set), None))
    analysis = known.analyses[0]
    identity = np.ones(analysis.shape, np.uint16)
    identity[:, ::2] = 2
    assert not shapes_of(analysis, identity)[analysis.area_px > 100].any()


def test_without_looks_only_the_network_is_forgotten(coloured_set: Path) -> None:
    class Blank:
        name = "blank"

        def embed(self, ink, regions):
            return np.zeros((regions.count, 2), np.float16)

    known = next(known_drawings(read_shots(coloured_set), Blank()))
    plain = known.without_looks()
    assert known.analyses[0].embedding is not None
    assert plain.analyses[0].embedding is None
    assert plain.analyses[0].area_px is known.analyses[0].area_px
