"""Simulate an episode on a farm: time and cost against the number of nodes, with failures.

    python benchmarks/episode.py
    python benchmarks/episode.py --seconds-per-drawing 0.9 --chart docs/images/episode.svg

300 shots of 10 to 200 frames, held on twos, threes and fours, with 3,000 or 10,000 drawings in all.
Every random number comes from a seed, so that two runs print the same table. What a drawing takes
is measured (see docs/farm.md); how machines fail is assumed, and said in the table's head.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path

NODES = (1, 2, 4, 8, 16, 32, 64, 128)
EPISODES = (3_000, 10_000)


@dataclass(frozen=True)
class Figures:
    """What things take, and how they fail.

    Attributes:
        seconds_per_drawing: Of one core for a drawing of 1920x1080, read, painted and written.
        start_s: Before the first drawing of a shot: the task, the look at every file.
        resume_share: Of a drawing's time that a drawing takes which stands already: colour has to
            flow through it again, but nothing is written.
        slots: Shots at a time on a node, one a core.
        boot_s: Until a node takes its first shot, and after it was lost.
        hours_between_losses: Mean time until a node is lost.
        transient: Share of attempts that die alone (memory, storage) and are tried again.
        bad_input: Share of shots that no machine can paint; they fail and are left to people.

    """

    seconds_per_drawing: float = 0.58
    start_s: float = 1.0
    resume_share: float = 0.6
    slots: int = 2
    boot_s: float = 180.0
    hours_between_losses: float = 50.0
    transient: float = 0.01
    bad_input: float = 0.02


@dataclass(frozen=True)
class Result:
    """How an episode went on some nodes.

    Attributes:
        nodes: How many.
        hours: From the first node's start to the last shot's end.
        node_hours: What is paid for: each node from its start until no shot is left for it.
        busy: Share of the slots' paid time in which a shot was worked on.
        repeated: Share of the worked time that did again what was lost.
        interruptions: How often a shot was interrupted.
        left: Shots that are left to people.

    """

    nodes: int
    hours: float
    node_hours: float
    busy: float
    repeated: float
    interruptions: int
    left: int


@dataclass(order=True)
class _Shot:
    """A shot in the queue; the longest first, and what was interrupted before what was not."""

    order: tuple[int, int, int]
    number: int = field(compare=False)
    drawings: int = field(compare=False)
    standing: int = field(default=0, compare=False)
    attempts: int = field(default=0, compare=False)


def drawings_of(shots: int, in_all: int, seed: int) -> list[int]:
    """Drawings of each shot: lengths as episodes have them, scaled to a sum.

    Lengths are log-normal with a median of 70 frames, cut to 10..200; a drawing is held for two to
    four frames.
    """
    chance = random.Random(seed)  # noqa: S311 - luck, not secrets
    frames = [min(max(chance.lognormvariate(math.log(70), 0.6), 10), 200) for _ in range(shots)]
    held = [length / chance.choice((2, 2, 3, 3, 4)) for length in frames]
    scale = in_all / sum(held)
    return [max(1, round(count * scale)) for count in held]


def simulate(drawings: list[int], nodes: int, figures: Figures, seed: int) -> Result:
    """Paint the shots on some nodes; the same arguments give the same result."""
    chance = random.Random(seed)  # noqa: S311 - luck, not secrets
    is_bad = {number for number in range(len(drawings)) if chance.random() < figures.bad_input}
    losses = [_losses(figures, seed, node) for node in range(nodes)]
    queue = [_Shot((0, -count, number), number, count) for number, count in enumerate(drawings)]
    heapq.heapify(queue)
    free = [(figures.boot_s, node, slot) for node in range(nodes) for slot in range(figures.slots)]
    heapq.heapify(free)
    # What was interrupted comes back at a later time than the queue's, so it waits here.
    back: list[tuple[float, _Shot]] = []
    ends = [figures.boot_s] * nodes
    worked = repeated = 0.0
    interruptions = 0
    while queue or back:
        now, node, slot = heapq.heappop(free)
        while back and back[0][0] <= now:
            heapq.heappush(queue, heapq.heappop(back)[1])
        if not queue:
            heapq.heappush(free, (back[0][0], node, slot))
            continue
        shot = heapq.heappop(queue)
        again_s = shot.standing * figures.seconds_per_drawing * figures.resume_share
        new_s = (shot.drawings - shot.standing) * figures.seconds_per_drawing
        takes_s = figures.start_s + (0.0 if shot.number in is_bad else again_s + new_s)
        lost_at = next(at for at in losses[node] if at > now)
        # By shot and attempt, so that the number of nodes does not change who is unlucky.
        fate = random.Random(f"{seed} {shot.number} {shot.attempts}")  # noqa: S311
        dies_at = now + takes_s * fate.random() if fate.random() < figures.transient else math.inf
        end = min(now + takes_s, lost_at, dies_at)
        worked += end - now
        repeated += min(again_s, max(end - now - figures.start_s, 0.0))
        shot.attempts += 1
        if end < now + takes_s:
            interruptions += 1
            painted_s = end - now - figures.start_s - again_s
            shot.standing += max(int(painted_s / figures.seconds_per_drawing), 0)
            shot.order = (-1, shot.standing - shot.drawings, shot.number)
            heapq.heappush(back, (end, shot))
        ends[node] = max(ends[node], end)
        heapq.heappush(free, (end + figures.boot_s if end == lost_at else end, node, slot))
    paid_s = sum(ends)
    return Result(
        nodes=nodes,
        hours=max(ends) / 3600,
        node_hours=paid_s / 3600,
        busy=worked / (paid_s * figures.slots),
        repeated=repeated / worked,
        interruptions=interruptions,
        left=len(is_bad),
    )


def _losses(figures: Figures, seed: int, node: int) -> list[float]:
    """When a node is lost, for far longer than any episode takes."""
    chance = random.Random(f"{seed} node {node}")  # noqa: S311
    at, losses = 0.0, []
    while at < 1e7:
        at += chance.expovariate(1 / (figures.hours_between_losses * 3600))
        losses.append(at)
    return losses


def table(results: list[Result]) -> str:
    """Results as a table for the docs."""
    lines = [
        "| nodes | hours | node-hours | busy | done again | interruptions | left to people |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.nodes} | {one.hours:.2f} | {one.node_hours:.2f} | {one.busy:.0%} | "
        f"{one.repeated:.1%} | {one.interruptions} | {one.left} |"
        for one in results
    ]
    return "\n".join(lines)


def chart(episodes: dict[int, list[Result]]) -> str:
    """Hours (lines) and node-hours (dashed) against nodes, both on logarithmic scales, as SVG."""
    left, top, width, height = 60, 20, 460, 260
    values = [v for rows in episodes.values() for one in rows for v in (one.hours, one.node_hours)]
    low = math.floor(math.log10(min(values)) * 3) / 3
    high = math.ceil(math.log10(max(values)) * 3) / 3

    def x(nodes: int) -> float:
        return left + width * math.log2(nodes / NODES[0]) / math.log2(NODES[-1] / NODES[0])

    def y(hours: float) -> float:
        return top + height * (high - math.log10(hours)) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 130} '
        f'{top + height + 50}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for hours in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50):
        if low <= math.log10(hours) <= high:
            parts += [
                f'<path d="M{left} {y(hours):.1f}h{width}" stroke="#ddd"/>'
                f'<text x="{left - 6}" y="{y(hours) + 4:.1f}" text-anchor="end">{hours:g} h</text>'
            ]
    parts += [
        f'<text x="{x(nodes):.1f}" y="{top + height + 18}" text-anchor="middle">{nodes}</text>'
        for nodes in NODES
    ]
    parts.append(
        f'<text x="{left + width / 2}" y="{top + height + 40}" text-anchor="middle">nodes</text>'
    )
    for (drawings, rows), colour in zip(episodes.items(), ("#1f77b4", "#d62728"), strict=False):
        for key, dash, what in (("hours", "", "time"), ("node_hours", "5 4", "node-hours")):
            points = " ".join(f"{x(one.nodes):.1f},{y(getattr(one, key)):.1f}" for one in rows)
            last = y(getattr(rows[-1], key))
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" '
                f'stroke-dasharray="{dash}"/><text x="{left + width + 6}" y="{last + 4:.1f}" '
                f'fill="{colour}">{drawings:,}: {what}</text>'
            )
    return "\n".join([*parts, "</svg>\n"])


def main() -> int:
    """Print a table for each episode, and draw them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--shots", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chart", type=Path, help="draw the results into this SVG")
    defaults = Figures()
    for name in Figures.__dataclass_fields__:
        value = getattr(defaults, name)
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    options = parser.parse_args()
    figures = Figures(**{name: getattr(options, name) for name in Figures.__dataclass_fields__})
    print(figures)
    episodes = {}
    for in_all in EPISODES:
        drawings = drawings_of(options.shots, in_all, options.seed)
        episodes[in_all] = [simulate(drawings, n, figures, options.seed) for n in NODES]
        print(
            f"\n{options.shots} shots, {sum(drawings)} drawings, the longest {max(drawings)}, "
            f"the shortest {min(drawings)}\n\n{table(episodes[in_all])}"
        )
    if options.chart is not None:
        options.chart.parent.mkdir(parents=True, exist_ok=True)
        options.chart.write_text(chart(episodes), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
