from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from celtint.training.data.line_art import true_ink
from celtint.training.data.pairs import Pair, PairConfig, pairs_of, read_pairs, regions_of
from celtint.training.data.shots import Drawing, Shot, encode_shot
from celtint.training.errors import ConfigError, DataError

MakeShot = Callable[..., Shot]
MakeSet = Callable[..., Path]
PLAIN = PairConfig(styled=0, boundaries=0, flipped=0, reversed=0, stride=3, pairs_per_shot=30)


def bytes_of(pair: Pair) -> bytes:
    views = (pair.source, pair.target)
    return b"".join(plane.tobytes() for view in views for plane in (view.ink, view.regions))


def test_a_pair_is_two_drawings_of_a_shot_as_they_were_drawn(make_shot: MakeShot) -> None:
    shot = make_shot(4)
    regions = [regions_of(drawing).tobytes() for drawing in shot.drawings]
    distances = set()
    for pair in pairs_of(encode_shot(shot), PLAIN):
        source, target = (
            regions.index(view.regions.tobytes()) for view in (pair.source, pair.target)
        )
        assert target - source == pair.distance
        ink = true_ink(shot.drawings[source], shot.info.trace_rgb)
        np.testing.assert_array_equal(pair.source.ink, ink)
        distances.add(pair.distance)
    assert distances == {1, 2, 3}


def test_short_distances_come_more_often(make_shot: MakeShot) -> None:
    shot = encode_shot(make_shot(4))
    counts = np.bincount([p.distance for e in range(10) for p in pairs_of(shot, PLAIN, e)])
    assert counts[1] > counts[2] > counts[3] > 0


def test_both_views_are_mirrored_and_turned_in_time_together(make_shot: MakeShot) -> None:
    shot = make_shot(4)
    config = PairConfig(styled=0, boundaries=0, flipped=1, reversed=1, stride=3, pairs_per_shot=20)
    mirrored = [regions_of(drawing)[:, ::-1].tobytes() for drawing in shot.drawings]
    for pair in pairs_of(encode_shot(shot), config):
        source, target = (
            mirrored.index(view.regions.tobytes()) for view in (pair.source, pair.target)
        )
        assert target - source == pair.distance < 0


def test_styles_change_ink_alone(make_shot: MakeShot) -> None:
    shot = make_shot(4)
    config = PairConfig(styled=1, boundaries=0.3, flipped=0, pairs_per_shot=20)
    regions = {regions_of(drawing).tobytes() for drawing in shot.drawings}
    inks = {true_ink(drawing, shot.info.trace_rgb).tobytes() for drawing in shot.drawings}
    pairs = list(pairs_of(encode_shot(shot), config))
    assert {view.regions.tobytes() for p in pairs for view in (p.source, p.target)} <= regions
    assert any(pair.source.ink.tobytes() not in inks for pair in pairs)


def test_a_shot_gives_the_same_pairs_whoever_reads_it(disc_set: Path) -> None:
    config = PairConfig(pairs_per_shot=2)
    alone = {(pair.shot, bytes_of(pair)) for pair in read_pairs(disc_set, config, epoch=2)}
    shared = {
        (pair.shot, bytes_of(pair))
        for rank in range(2)
        for worker in range(3)
        for pair in read_pairs(
            disc_set, config, epoch=2, rank=rank, world=2, worker=worker, workers=3
        )
    }
    assert alone == shared
    assert alone != {(pair.shot, bytes_of(pair)) for pair in read_pairs(disc_set, config)}


def test_pairs_go_on_at_any_shot(disc_set: Path) -> None:
    config = PairConfig(pairs_per_shot=2)
    whole = [bytes_of(pair) for pair in read_pairs(disc_set, config)]
    assert [bytes_of(pair) for pair in read_pairs(disc_set, config, start=5)] == whole[10:]


def test_stills_have_no_pairs_and_video_is_refused(
    make_shot: MakeShot, make_film: MakeShot, make_set: MakeSet
) -> None:
    assert list(pairs_of(encode_shot(make_shot(0, drawings=1)), PLAIN)) == []
    folder = make_set([make_film(0)])
    with pytest.raises(DataError, match=r"film-000 is from video .*prepare drawings"):
        list(read_pairs(folder, PLAIN))
    with pytest.raises(ValueError, match="no regions"):
        regions_of(Drawing())


def test_every_mistake_in_the_settings_is_told() -> None:
    with pytest.raises(ConfigError) as told:
        PairConfig(stride=0, styled=2, seed=-1)
    assert len(told.value.problems) == 3
