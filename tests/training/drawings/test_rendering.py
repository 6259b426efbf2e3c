from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from celtint.training.data.shots import decode_flow, encode_shot
from celtint.training.drawings.library import Entry, find_drawings
from celtint.training.drawings.rendering import render_shot, seed_of
from celtint.training.errors import DataError


@pytest.fixture(scope="module")
def entries(heads):
    return find_drawings([heads], "train")


def rendered(entries, seed, drawings=6):
    return render_shot("shot", entries, drawings=drawings, width=112, height=96, seed=seed)


def test_the_same_seed_gives_the_same_bytes_and_another_other_ones(entries):
    first, again, other = (encode_shot(rendered(entries, seed)) for seed in (5, 5, 6))
    assert first.text == again.text
    assert first.files == again.files
    assert first.files != other.files


def test_every_pixel_has_a_paint_and_every_paint_a_colour(entries):
    for seed in range(4):
        shot = rendered(entries, seed)
        known = set(shot.info.regions or {})
        seen: set[int] = set()
        for drawing in shot.drawings:
            seen |= set(np.unique(drawing.regions).tolist())
        assert seen == known
        assert 0 not in seen


def test_holds_name_each_drawing_for_one_two_or_three_frames(entries):
    rates = set()
    for seed in range(12):
        holds = rendered(entries, seed, drawings=2).info.holds
        assert sorted(set(holds)) == [0, 1]
        rates.add(len(holds) // 2)
    assert rates == {1, 2, 3}


def test_flow_leads_most_paint_to_itself(entries):
    same = total = 0
    for seed in range(3):
        drawings = rendered(entries, seed).drawings
        assert drawings[-1].flow is None
        for now, later in pairwise(drawings):
            assert now.flow is not None
            flow, valid = decode_flow(now.flow)
            assert valid.mean() > 0.5
            y, x = np.nonzero(valid & (now.ink < 32))
            to_x = np.floor(x + 0.5 + flow[y, x, 0]).astype(int)
            to_y = np.floor(y + 0.5 + flow[y, x, 1]).astype(int)
            same += int((later.regions[to_y, to_x] == now.regions[y, x]).sum())
            total += len(y)
    # What is left are places where the next drawing shows a line.
    assert same > 0.995 * total


def test_some_shape_goes_and_comes_back_as_itself(entries):
    for seed in range(30):
        there: dict[int, list[int]] = {}
        for k, drawing in enumerate(rendered(entries, seed, drawings=10).drawings):
            for region in np.unique(drawing.regions).tolist():
                there.setdefault(region, []).append(k)
        if any(max(np.diff(ks), default=1) > 1 for ks in there.values()):
            return
    pytest.fail("no shape of 30 shots ever returned")


def test_seeds_of_shots_differ_by_set_and_number():
    assert (
        len({seed_of(s, p, n) for s in (1, 2) for p in ("train", "held_out") for n in (0, 1)}) == 8
    )


def test_drawings_that_cannot_be_read_are_passed_over_until_none_is_left(tmp_path, entries):
    broken = tmp_path / "broken.svg"
    broken.write_text("<svg/>")
    bad = Entry("bad", (broken,), "inked", "character")
    shot = rendered([bad, *entries], 3)
    assert "bad" not in shot.info.sources
    with pytest.raises(DataError, match="cannot be read"):
        rendered([bad], 3)
