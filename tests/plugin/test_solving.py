"""The colours of a shot before it is painted: what is looked at, what is kept, what is told."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from celtint.engine.embedding.shipped import ShippedEmbedder, ShippedWeights
from celtint.engine.graph.measure import measured
from celtint.plugin.check import check
from celtint.plugin.errors import JobError
from celtint.plugin.palette.book import FirstDab
from celtint.plugin.solving import Solved, in_steps, paint_digest, solve_shot
from celtint.plugin.stream import Clock, Stopped


def solved(shot: Any, looked: list[int] | None = None, **options: Any) -> Solved:
    plan = check(shot.job(), threading.Event())
    told = [] if looked is None else looked
    options.setdefault("stop", threading.Event())
    return solve_shot(plan, clock=Clock(), looked=lambda done, _: told.append(done), **options)


def kept(shot: Any) -> set[str]:
    return {path.name for path in (shot.folder / "paint").glob(".celtint/analysis/*")}


def test_confidence_is_rounded_but_sure_stays_sure_and_nothing_nothing() -> None:
    exact = np.array([0, 1e-6, 0.5, 0.5001, 0.9999, 1], np.float32)
    (found,) = in_steps((exact,))
    assert found.tolist() == [0, 1 / 64, 0.5, 0.5, 63 / 64, 1]
    one, other = in_steps((exact, exact))
    assert one is other, "the frames of a hold share it"


def test_an_edited_drawing_is_looked_at_again_and_no_other(shot: Any) -> None:
    solved(shot)
    before = kept(shot)
    assert sum(name.endswith(".drawing") for name in before) == 6
    shot.write(shot.line(1004), shot.drawing(9), ("line.R", "line.G", "line.B", "line.A"))
    solved(shot)
    new = kept(shot) - before
    assert sum(name.endswith(".drawing") for name in new) == 1
    # Of its pairs with those one, two and four drawings away, and of those that lie around it: the
    # motion between them was seen through it. And of the two pairs of the key frame with drawings
    # further on: what their regions are expected to be is told over it.
    assert 1 <= sum(name.endswith(".links") for name in new) <= 9
    assert before <= kept(shot), "what was before may be wanted again"


def test_other_settings_and_another_paper_are_other_analyses(shot: Any) -> None:
    solved(shot)
    before = kept(shot)
    plan = check(shot.job(settings={"gap_px": 1}), threading.Event())
    solve_shot(plan, stop=threading.Event(), clock=Clock())
    assert sum(name.endswith(".drawing") for name in kept(shot) - before) == 6


def test_other_weights_are_other_analyses_and_the_same_ones_are_used_again(shot: Any) -> None:
    solved(shot)
    before = kept(shot)
    plan = check(shot.job(), threading.Event())
    own = plan.embedder
    assert own is not None
    assert solved(shot).drawing(0).embedding is not None
    assert kept(shot) == before
    other = ShippedEmbedder(ShippedWeights(own.weights.path, "matching", "f" * 64), "cpu")
    other._loaded = own.load()  # the same network, but its file is said to be another one
    solve_shot(replace(plan, embedder=other), stop=threading.Event(), clock=Clock())
    assert sum(name.endswith(".drawing") for name in kept(shot) - before) == 6


def test_a_hold_of_many_files_is_analysed_once(shot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    analysed: list[int] = []
    monkeypatch.setattr(
        "celtint.plugin.observing.measured",
        lambda *given: analysed.append(1) or measured(*given),
    )
    monkeypatch.setattr("celtint.plugin.solving._READERS", 1)
    for frame in range(1001, 1007):
        shot.write(shot.line(frame), shot.drawing(0), Artist=str(frame))
    found = solved(shot)
    assert len(analysed) == 1
    assert len(found.graph.drawings) == 1
    assert found.graph.frames == 6


def test_nothing_is_kept_where_nothing_may_be_written(shot: Any) -> None:
    solved(shot, is_read_only=True)
    assert not (shot.folder / "paint").exists()


def test_only_new_drawings_are_told(shot: Any) -> None:
    looked: list[int] = []
    solved(shot, looked)
    assert looked == [1, 2, 3, 4, 5, 6]
    looked.clear()
    solved(shot, looked)
    assert looked == []


def test_the_first_dab_of_a_colour_is_the_topmost_of_the_first_frame(shot: Any) -> None:
    shot.write(shot.hint(1003), shot.dabs(step=2))
    found = solved(shot)
    dabs = sorted((dab.frame, dab.x, dab.y) for dab in found.first_dabs.values())
    assert dabs == [(1001, 2, 2), (1001, 12, 18), (1001, 46, 22)]
    assert isinstance(found.first_dabs[1], FirstDab)


def test_every_broken_drawing_is_named_once(shot: Any) -> None:
    for frame in (1002, 1005):
        data = shot.line(frame).read_bytes()
        shot.line(frame).write_bytes(data[: len(data) // 2])
    with pytest.raises(JobError) as caught:
        solved(shot)
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "Frame 1002",
        "Frame 1005",
    ]


def test_a_stop_is_heard(shot: Any) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        solved(shot, stop=stop)


def test_the_paint_of_a_frame_has_a_digest_of_all_that_it_is(shot: Any) -> None:
    found = solved(shot)
    palette = found.colours.palette_to_file(found.solution.palette, "ACEScg")
    digest = paint_digest(found, 0, palette)
    assert digest == paint_digest(solved(shot), 0, palette)
    other = palette.copy()
    other[1, 0] += np.float16(0.25)
    assert paint_digest(found, 0, other) != digest
    assert paint_digest(found, 1, palette) != digest, "another drawing"
