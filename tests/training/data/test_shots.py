from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from celtint.training.data.shots import (
    Drawing,
    EncodedShot,
    RegionColour,
    Shot,
    ShotInfo,
    decode_flow,
    encode_flow,
    encode_shot,
)
from celtint.training.errors import DataError

MakeShot = Callable[..., Shot]


def test_a_shot_comes_back_as_it_was_stored(make_shot: MakeShot) -> None:
    shot = make_shot(3)
    encoded = encode_shot(shot)
    assert encoded.info == shot.info
    assert encoded.info.drawings == 4
    for number, drawing in enumerate(shot.drawings):
        planes = encoded.drawing(number).planes()
        assert planes.keys() == drawing.planes().keys()
        for name, plane in drawing.planes().items():
            np.testing.assert_array_equal(planes[name], plane)
            assert planes[name].dtype == plane.dtype


def test_files_are_the_ones_the_format_names(make_shot: MakeShot, make_film: MakeShot) -> None:
    files = set(encode_shot(make_shot(0, drawings=2)).files)
    drawn = {"ink", "regions", "shade", "trace"}
    expected = {f"000{n}.{plane}.png" for n in (0, 1) for plane in drawn} | {"0000.flow.png"}
    assert files == expected
    assert set(encode_shot(make_film(0)).files) == {"0000.colour.png", "0001.colour.png"}


def test_colours_and_flow_are_stored_in_the_order_red_green_blue(make_film: MakeShot) -> None:
    shot = make_film(1)
    packed = np.frombuffer(encode_shot(shot).files["0000.colour.png"], np.uint8)
    # OpenCV reads blue first.
    blue_first = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    colour = shot.drawings[0].colour
    assert colour is not None
    np.testing.assert_array_equal(blue_first[..., ::-1], colour)


def test_only_the_planes_that_are_asked_for_are_decoded(make_shot: MakeShot) -> None:
    drawing = encode_shot(make_shot(0)).drawing(1, planes=("ink", "colour"))
    assert drawing.planes().keys() == {"ink"}


def test_shot_json_says_what_the_contract_says(make_shot: MakeShot, make_film: MakeShot) -> None:
    fields = json.loads(encode_shot(make_shot(0)).text)
    assert fields["format"] == 1
    assert fields["holds"] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert fields["regions"]["700"] == {"base": [90, 200, 90], "shade": [90, 200, 90], "group": 3}
    assert fields["trace_rgb"] == [200, 30, 30]
    assert "regions" not in json.loads(encode_shot(make_film(0)).text)


def test_flow_is_exact_to_a_128th_of_a_pixel_and_knows_where_it_is_valid() -> None:
    rng = np.random.default_rng(0)
    flow_px = rng.uniform(-500, 500, (9, 7, 2))
    valid = rng.random((9, 7)) < 0.5
    valid[0, 0] = True
    flow_px[0, 0] = (600, 0)  # further than can be stored
    back, back_valid = decode_flow(encode_flow(flow_px, valid))
    expected = valid.copy()
    expected[0, 0] = False
    np.testing.assert_array_equal(back_valid, expected)
    np.testing.assert_allclose(back[expected], flow_px[expected], atol=1 / 128)
    assert (back[~expected] == 0).all()


def test_everything_that_does_not_fit_is_told_at_once(make_shot: MakeShot) -> None:
    shot = make_shot(0)
    first = shot.drawings[0]
    assert first.regions is not None
    assert first.ink is not None
    unknown = first.regions.copy()
    unknown[0, 0] = 9
    bad = [replace(first, regions=unknown), replace(first, ink=first.ink[1:]), Drawing()]
    with pytest.raises(DataError) as told:
        encode_shot(Shot(shot.info, bad))
    for part in (
        "3 drawings and its holds 4",
        "drawing 0 shows regions without a colour: [9]",
        "ink of drawing 1 is (71, 96) uint8, expected (72, 96) uint8",
        "drawing 2 has no ink",
        "drawing 2 has no regions",
    ):
        assert part in str(told.value)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"name": "Shot.1"}, "lower-case"),
        ({"holds": (0, 2)}, "without gaps"),
        ({"holds": ()}, "without gaps"),
        ({"width": 0}, "size is 0x4"),
        ({"regions": {0: RegionColour((0, 0, 0), (0, 0, 0), 0)}}, "1..65535"),
        ({"regions": {1: RegionColour((0, 0, 256), (0, 0, 0), 0)}}, "0..255"),
    ],
)
def test_a_description_that_cannot_be_is_refused(change: dict[str, object], part: str) -> None:
    fields: dict[str, object] = {
        "name": "shot-1",
        "sources": (),
        "width": 4,
        "height": 4,
        "holds": (0,),
    }
    with pytest.raises(DataError, match=part):
        ShotInfo(**(fields | change))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"format": 1}', b'{"format": 2}'])
def test_a_garbled_or_newer_description_names_its_place(text: bytes) -> None:
    with pytest.raises(DataError, match=r"train-000003\.tar: .*Prepare the set again"):
        _ = EncodedShot(text, {}, "train-000003.tar").info


def test_a_damaged_picture_is_named(make_shot: MakeShot) -> None:
    encoded = encode_shot(make_shot(0))
    files = dict(encoded.files)
    files["0001.ink.png"] = files["0001.ink.png"][:40]
    with pytest.raises(DataError, match=r"a\.tar: 0001\.ink\.png of shot discs-000 is damaged"):
        EncodedShot(encoded.text, files, "a.tar").drawing(1)
    with pytest.raises(IndexError, match="no drawing 4"):
        encoded.drawing(4)
