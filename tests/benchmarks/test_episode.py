"""The simulation of an episode keeps its own books."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import pytest

EPISODE = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "episode.py"))
simulate, Figures, drawings_of = EPISODE["simulate"], EPISODE["Figures"], EPISODE["drawings_of"]
LUCKY = Figures(hours_between_losses=1e9, transient=0.0, bad_input=0.0, boot_s=0.0, start_s=0.0)


def test_lengths_are_those_of_an_episode():
    drawings = drawings_of(300, 10_000, 1)
    assert sum(drawings) == pytest.approx(10_000, rel=0.01)
    assert min(drawings) >= 1
    assert max(drawings) <= 200


def test_without_bad_luck_one_node_takes_the_work_and_no_more():
    drawings = drawings_of(300, 10_000, 1)
    result = simulate(drawings, 1, replace(LUCKY, slots=1), 1)
    assert result.hours * 3600 == pytest.approx(sum(drawings) * LUCKY.seconds_per_drawing)
    assert (result.busy, result.interruptions, result.left) == (pytest.approx(1), 0, 0)


def test_no_number_of_nodes_is_quicker_than_the_longest_shot():
    drawings = [100, *[1] * 50]
    results = [simulate(drawings, nodes, LUCKY, 1) for nodes in (1, 4, 16, 64)]
    hours = [result.hours for result in results]
    assert hours == sorted(hours, reverse=True)
    assert hours[-1] * 3600 == pytest.approx(100 * LUCKY.seconds_per_drawing)


def test_losses_cost_time_and_every_shot_is_painted_all_the_same():
    drawings = drawings_of(100, 5_000, 2)
    unlucky = replace(LUCKY, hours_between_losses=0.1, transient=0.2, boot_s=60.0)
    calm, rough = simulate(drawings, 4, LUCKY, 3), simulate(drawings, 4, unlucky, 3)
    assert rough.interruptions > 10
    assert rough.hours > calm.hours
    assert 0 < rough.repeated < 1
    work_s = sum(drawings) * LUCKY.seconds_per_drawing
    assert rough.busy * rough.node_hours * 3600 * LUCKY.slots >= work_s


def test_the_same_seed_gives_the_same_result():
    drawings = drawings_of(50, 1_000, 1)
    assert simulate(drawings, 3, Figures(), 5) == simulate(drawings, 3, Figures(), 5)
    assert simulate(drawings, 3, Figures(), 5) != simulate(drawings, 3, Figures(), 6)
