from __future__ import annotations

import numpy as np
import pytest

from celtint.training.drawings.svg import FLATNESS, LARGEST_FILE, read_drawing, read_poses
from celtint.training.errors import DataError

TWO = '<circle cx="5" cy="5" r="5" fill="#888"/><rect x="2" width="4" height="4" fill="#a42"/>'


def drawing(tmp_path, body, attributes='viewBox="0 0 100 100"'):
    path = tmp_path / "drawing.svg"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f"{attributes}>{body}</svg>"
    )
    return path


def test_a_drawing_on_a_page_is_cropped_and_its_larger_side_is_one(tmp_path):
    body = (
        '<g transform="translate(60 400)"><circle r="20" fill="red"/>'
        '<rect x="20" y="-10" width="60" height="20" fill="blue"/></g>'
    )
    shapes = read_drawing(drawing(tmp_path, body, 'width="210mm" height="297mm"'))
    points = np.concatenate([shape.points for shape in shapes])
    np.testing.assert_allclose(points.min(axis=0), [-0.5, -0.2], atol=2e-3)
    np.testing.assert_allclose(points.max(axis=0), [0.5, 0.2], atol=2e-3)


def test_curves_keep_to_their_flatness(tmp_path):
    body = '<circle cx="50" cy="50" r="50" fill="red"/><rect width="9" height="9" fill="blue"/>'
    circle = read_drawing(drawing(tmp_path, body))[0]
    middles = (circle.points[1:] + circle.points[:-1]) / 2
    assert np.abs(np.hypot(*middles.T) - 0.5).max() < 2 * FLATNESS


@pytest.mark.parametrize(
    ("fill", "is_ink"),
    [("#000", True), ("#1a1a1a", True), ("#00006e", False), ("#500000", False), ("#777", False)],
)
def test_dark_fills_are_ink_unless_they_are_a_dark_colour(tmp_path, fill, is_ink):
    body = TWO + f'<rect x="4" width="3" height="9" fill="{fill}"/>'
    assert read_drawing(drawing(tmp_path, body))[-1].fill_is_ink is is_ink


def test_what_is_not_drawn_on_a_cel_is_left_out(tmp_path):
    body = (
        TWO
        + '<rect width="5" height="5" fill="#123" opacity="0.2"/>'
        + '<rect width="5" height="5" fill="none"/>'
        + '<rect width="5" height="5" fill="red" style="display:none"/>'
        + '<clipPath id="c"><rect width="5" height="5"/></clipPath>'
        + '<mask id="m"><rect width="5" height="5" fill="white"/></mask>'
    )
    assert len(read_drawing(drawing(tmp_path, body))) == 2


def test_masks_are_taken_off_what_they_hide(tmp_path):
    body = f'<mask id="m"><rect width="1" height="1"/></mask><g mask="url(#m)">{TWO}</g>'
    assert len(read_drawing(drawing(tmp_path, body))) == 2


def test_a_gradient_becomes_the_mean_of_its_stops(tmp_path):
    body = (
        '<defs><linearGradient id="a"><stop offset="0" stop-color="#ff0000"/>'
        '<stop offset="1" style="stop-color:#0000ff"/></linearGradient>'
        '<linearGradient id="b" xlink:href="#a"/></defs>'
        + TWO
        + '<circle cx="5" cy="5" r="2" fill="url(#b)"/>'
    )
    assert read_drawing(drawing(tmp_path, body))[-1].fill in {(128, 0, 128), (127, 0, 127)}


def test_a_rectangle_behind_everything_is_left_out(tmp_path):
    body = '<rect width="100" height="100" fill="#eef"/>' + TWO
    assert len(read_drawing(drawing(tmp_path, body))) == 2


def test_strokes_are_lines_bands_of_paint_or_nothing(tmp_path):
    body = (
        '<rect width="100" height="100" rx="40" fill="#8a8" stroke="#000" stroke-width="1"/>'
        '<path d="M10 20 h50" fill="none" stroke="#2040ff" stroke-width="8"/>'
        '<path d="M10 50 h50" fill="none" stroke="#604020" stroke-width="1"/>'
        '<path d="M10 70 h50" fill="none" stroke="#fff" stroke-width="0.5"/>'
    )
    outlined, band, line = read_drawing(drawing(tmp_path, body))
    assert outlined.stroke_is_ink
    assert outlined.is_painted
    assert not band.stroke_is_ink
    assert band.stroke == (32, 64, 255)
    assert line.stroke_is_ink
    assert line.stroke_width == pytest.approx(0.01)


def test_poses_are_read_in_one_place_and_size(tmp_path):
    small = drawing(tmp_path, TWO).rename(tmp_path / "small.svg")
    wide = drawing(tmp_path, TWO + '<rect x="10" width="10" height="5" fill="#0a0"/>')
    first, second = read_poses([small, wide])
    for a, b in zip(first, second, strict=False):
        np.testing.assert_array_equal(a.points, b.points)
    assert second[2].box[2] == pytest.approx(0.5)  # the wide pose fills the width
    assert first[0].box[2] == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no SVG"),
        (b"not xml at all", "is no SVG"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "nothing is drawn"),
        (
            b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="5" height="5"/></svg>',
            "1 shapes, needs 2",
        ),
        (b" " * (LARGEST_FILE + 1), "over"),
    ],
)
def test_what_is_no_drawing_is_refused_by_name(tmp_path, content, told):
    path = tmp_path / "odd.svg"
    path.write_bytes(content)
    with pytest.raises(DataError, match=told) as caught:
        read_drawing(path)
    assert "odd.svg" in str(caught.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_drawing(tmp_path / "none.svg")
