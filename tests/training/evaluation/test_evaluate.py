from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from celtint.training.errors import DataError
from celtint.training.evaluation.evaluate import PARTS, Ask, StoppedError, evaluate
from celtint.training.evaluation.features import ColourGrid
from celtint.training.evaluation.protocols import PROTOCOLS
from celtint.training.evaluation.subjects import load_subject


@pytest.fixture
def ask(data: Path, weights: Callable[..., Path]) -> Callable[..., Ask]:
    """(**changes) -> tiny weights on two shots with patches on every frame."""

    def make(**changes: Any) -> Ask:
        subject = load_subject(weights(), device="cpu")
        settings: dict[str, Any] = {
            "subjects": [subject],
            "places": [str(data)],
            "protocols": [PROTOCOLS["patches"]],
        }
        return Ask(**(settings | changes))

    return make


def test_every_clip_is_painted_in_every_way(ask: Callable[..., Ask], tmp_path: Path) -> None:
    protocols = [PROTOCOLS["patches"], PROTOCOLS["dabs-first"]]
    told: list[tuple[int, int]] = []
    results = evaluate(
        ask(protocols=protocols, with_true_previous=True),
        ColourGrid(),
        tmp_path / "out",
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert [clip for clip, _ in results.clips["balls/held_out"]] == ["ball-0", "ball-1"]
    assert results.motion == {"balls/held_out": "exact"}
    assert told == [(done, 4 * 7) for done in range(1, 4 * 7 + 1)]
    rows = [(row.protocol, row.previous, row.finish, row.frames) for row in results.rows()]
    assert rows[:4] == [
        ("patches", "own", "as painted", 7),
        ("patches", "own", "snapped", 7),
        ("patches", "true", "as painted", 7),
        ("patches", "true", "snapped", 7),
    ]
    assert len(rows) == 8
    row = next(iter(results.rows()))
    assert 3 < row.psnr < 20  # untrained
    assert row.frechet > 0


def test_the_same_seed_gives_the_same_figures_and_another_one_others(
    ask: Callable[..., Ask], tmp_path: Path
) -> None:
    def figures(name: str, seed: int) -> list[float]:
        results = evaluate(ask(seed=seed), ColourGrid(), tmp_path / name)
        return [row.psnr for row in results.rows()]

    first = figures("a", 1)
    assert figures("b", 1) == first
    assert figures("a", 2) != first  # although parts of another seed lie there


def test_what_is_done_is_not_painted_again_and_what_is_lost_is(
    ask: Callable[..., Ask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, out = ask(), tmp_path / "out"
    painter = type(asked.subjects[0].painter)
    painted: list[int] = []
    step = painter.step

    def counted(self: Any, *arguments: Any) -> Any:
        painted.append(1)
        return step(self, *arguments)

    monkeypatch.setattr(painter, "step", counted)
    stop = threading.Event()

    def stopping(done: int, total: int) -> None:
        if done == 5:  # within the second clip
            stop.set()

    with pytest.raises(StoppedError, match="goes on from there"):
        evaluate(asked, ColourGrid(), out, stop=stop, on_progress=stopping)
    assert len(painted) == 5
    interrupted = list(evaluate(asked, ColourGrid(), out).rows())
    assert len(painted) == 5 + 3  # the second clip alone
    again = list(evaluate(asked, ColourGrid(), out).rows())
    assert len(painted) == 5 + 3
    whole = list(evaluate(asked, ColourGrid(), tmp_path / "other").rows())
    for a, b, c in zip(interrupted, again, whole, strict=True):
        assert a.psnr == b.psnr == c.psnr
        assert a.by_clip == b.by_clip == c.by_clip


def test_other_weights_are_painted_although_parts_lie_there(
    ask: Callable[..., Ask], weights: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    evaluate(ask(), ColourGrid(), out)
    before = len(list((out / PARTS).iterdir()))
    other = load_subject(weights("other", steps="1"), device="cpu")
    evaluate(ask(subjects=[other]), ColourGrid(), out)
    assert len(list((out / PARTS).iterdir())) == before + 2


def test_thumbnails_show_hints_only_to_those_who_take_them(
    ask: Callable[..., Ask], weights: Callable[..., Path], tmp_path: Path
) -> None:
    takes = load_subject(weights(), label="takes", device="cpu")
    blind = load_subject(weights(), label="blind", takes_hints=False, device="cpu")
    results = evaluate(ask(subjects=[takes, blind]), ColourGrid(), tmp_path / "out")
    seen = [results.thumbnails("balls/held_out", way, 0)["seen"] for way in range(2)]
    is_coloured = [bool(np.ptp(pictures.astype(int), axis=3).any()) for pictures in seen]
    assert is_coloured == [True, False]


def test_sets_that_a_report_could_not_tell_apart_are_refused(
    ask: Callable[..., Ask], data: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere" / "balls" / "held_out"
    shutil.copytree(data, copy)
    with pytest.raises(DataError, match="two sets are called balls/held_out"):
        evaluate(ask(places=[str(data), str(copy)]), ColourGrid(), tmp_path / "out")


def test_a_set_that_is_cut_off_is_told(ask: Callable[..., Ask], data: Path, tmp_path: Path) -> None:
    cut_off = tmp_path / "cut_off"
    shutil.copytree(data, cut_off)
    shard = next(cut_off.glob("*.tar"))
    shard.write_bytes(shard.read_bytes()[:-2000])
    with pytest.raises(DataError, match=shard.name):
        evaluate(ask(places=[str(cut_off)]), ColourGrid(), tmp_path / "out")
