import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.graph import measure
from celtint.engine.graph.measure import analyse, analysis_key, distance_image


def test_a_box_measures_what_it_is(boxes):
    """Against numpy over the pixels themselves."""
    analysis = analyse(boxes((20, 30, 60, 40)), FlatSettings())
    regions = analysis.regions()
    for region in range(analysis.count):
        y, x = np.nonzero((regions.label == region) & (regions.paper > 0))
        assert analysis.area_px[region] == len(x)
        assert analysis.box_px[region].tolist() == [x.min(), y.min(), np.ptp(x) + 1, np.ptp(y) + 1]
        moments = [np.var(x), np.mean((x - x.mean()) * (y - y.mean())), np.var(y)]
        assert analysis.moment_px[region] == pytest.approx(moments, rel=1e-4, abs=1e-2)


def test_regions_on_both_sides_of_a_line_are_neighbours(boxes):
    analysis = analyse(boxes((20, 30, 60, 40), (150, 30, 40, 40)), FlatSettings())
    label = analysis.regions().label
    outside, one, other = label[0, 0], label[50, 50], label[50, 170]
    pairs = {tuple(pair) for pair in analysis.neighbours.tolist()}
    assert pairs == {tuple(sorted((outside, one))), tuple(sorted((outside, other)))}
    assert analysis.edge_px[outside] == 2 * sum(label.shape)
    assert analysis.edge_px[one] == 0
    longer = analysis.border_px[
        [tuple(sorted((outside, one))) == tuple(p) for p in analysis.neighbours.tolist()]
    ]
    assert longer[0] > analysis.border_px.min()


def test_the_key_covers_the_drawing_and_how_regions_are_found_but_not_how_they_are_solved(boxes):
    ink = boxes((20, 30, 60, 40))
    key = analysis_key(ink, FlatSettings()).tobytes()
    assert analysis_key(ink.copy(), FlatSettings(min_confidence=0.5)).tobytes() == key
    assert analysis_key(ink, FlatSettings(gap_px=2)).tobytes() != key
    assert analysis_key(boxes((21, 30, 60, 40)), FlatSettings()).tobytes() != key
    assert analysis_key(ink.T, FlatSettings()).tobytes() != key


def test_the_embedding_is_kept_and_named_in_the_key(boxes):
    class Embedder:
        name = "tiny"

        def embed(self, ink, regions):
            return np.ones((regions.count, 3), np.float16)

    ink = boxes((20, 30, 60, 40))
    analysis = analyse(ink, FlatSettings(), Embedder())
    assert analysis.embedding is not None
    assert analysis.embedding.shape == (analysis.count, 3)
    assert analysis.key.tobytes() != analysis_key(ink, FlatSettings()).tobytes()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (13, 17), (33, 1001)])
def test_any_size_is_analysed(shape):
    for value in (0, 255):
        analysis = analyse(np.full(shape, value, np.uint8), FlatSettings())
        assert analysis.count == 1
        assert analysis.regions().label.shape == shape


def test_the_distance_image_is_0_on_lines_and_grows_off_them(boxes, blank):
    distance = distance_image(boxes((20, 30, 60, 40)))
    assert distance[30, 50] == 0
    assert 170 <= distance[50, 50] <= 200  # 19 pixels to the line, as a 3x3 chamfer sees it
    assert (distance_image(blank) > 0).all()


def test_a_key_that_is_known_is_not_found_again(boxes, monkeypatch):
    ink = boxes((20, 30, 60, 40))
    key = analysis_key(ink, FlatSettings())
    monkeypatch.setattr(measure, "analysis_key", lambda *_: pytest.fail("asked again"))
    assert analyse(ink, FlatSettings(), key=key).key.tobytes() == key.tobytes()
