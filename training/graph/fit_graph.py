"""Fits all small models of the shot graph, one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from celtint.engine.graph.fingerprint import Describer
from celtint.engine.graph.matcher import Matcher
from celtint.engine.graph.motion import Look
from celtint.engine.graph.network import RegionNetwork

from ..errors import TrainingError
from .examples import PairExample, all_examples, graph_of, near_examples
from .fit_describer import Arrays, Described, DescriberFit, fit_describer
from .fit_matcher import MatcherFit, fit_matcher
from .fit_solver import KnownShot, SolverFit, fit_solver
from .fit_sureness import SurenessFit, fit_sureness
from .known import KnownDrawings

LEAST_SHOTS = 4
"""From so many shots on, the describer has some of its own."""

LEAST_JUDGED = 8
"""From so many shots on, some are kept for how sure an outcome is."""

MATCHER, SOLVER = "matcher.safetensors", "solver.safetensors"


@dataclass(frozen=True)
class GraphFit:
    """How all of it is fitted.

    Attributes:
        describer: See there.
        first_matcher: Of near pairs only: it makes the chains that the matcher learns with.
        matcher: Of pairs at every distance.
        solver: See there.
        sureness: See there.
        per_step: Pairs of a shot at each distance.
        without_looks: Share of the shots that the matcher and the solver see without the network.
        seed: Of what is chosen at random; models have seeds of their own.

    """

    describer: DescriberFit = field(default_factory=lambda: DescriberFit(updates=1500))
    first_matcher: MatcherFit = field(default_factory=lambda: MatcherFit(updates=400))
    matcher: MatcherFit = field(default_factory=lambda: MatcherFit(updates=3600))
    solver: SolverFit = field(default_factory=SolverFit)
    sureness: SurenessFit = field(default_factory=SurenessFit)
    per_step: int = 8
    without_looks: float = 0.25
    seed: int = 0

    @classmethod
    def seeded(cls, seed: int) -> GraphFit:
        """The defaults, all chances by one seed."""
        return cls(
            describer=DescriberFit(updates=1500, seed=seed),
            first_matcher=MatcherFit(updates=400, seed=seed),
            matcher=MatcherFit(updates=3600, seed=seed),
            solver=SolverFit(seed=seed),
            sureness=SurenessFit(seed=seed),
            seed=seed,
        )


Tell = Callable[[str, int, int], None]
"""Told what is done, and how many of how many shots are through."""


def fit_graph(
    shots: Sequence[KnownDrawings],
    network: RegionNetwork | None,
    settings: GraphFit | None = None,
    *,
    tell: Tell = lambda _what, _done, _total: None,
) -> tuple[Arrays, Arrays]:
    """The arrays of the matcher, its describer among them, and of the solver.

    Args:
        shots: Shots whose truth is known. The describer learns from the first half of them, the
            matcher and the solver from the second: on shots that it has learned from, a describer
            looks better than it is, and would be trusted too much. For the same reason, how sure an
            outcome is, is learned from the last eighth alone. Less than four shots are all shown to
            all, less than eight in both halves.
        network: The one that described their regions; None if none did.
        settings: None for the defaults.
        tell: Told of progress.

    Raises:
        TrainingError: There is too little to learn from.

    """
    settings = settings or GraphFit()
    if not any(len(shot.analyses) > 1 for shot in shots):
        raise TrainingError("the set has no shot of two drawings or more with true regions")
    half = len(shots) // 2 if len(shots) >= LEAST_SHOTS else 0
    described = _describer(shots[:half] or shots, settings.describer, tell)
    describe = Describer.from_arrays(described)
    shots = shots[half:]
    random = np.random.default_rng(settings.seed)
    blind = random.random(len(shots)) < (settings.without_looks if network is not None else 0)
    seen = [
        (shot.without_looks() if is_blind else shot, None if is_blind else network)
        for shot, is_blind in zip(shots, blind.tolist(), strict=True)
    ]
    kept = len(seen) // 4 if half * 2 >= LEAST_JUDGED else 0
    judged, seen = seen[len(seen) - kept :], seen[: len(seen) - kept]
    examples: list[PairExample] = []
    for at, (shot, asked) in enumerate(seen, 1):
        examples += near_examples(shot, describe, asked, random, settings.per_step // 2 + 1)
        tell("near pairs", at, len(seen))
    first = _matcher(fit_matcher(examples, settings.first_matcher) | described)
    examples = []
    for at, (shot, asked) in enumerate(seen, 1):
        examples += all_examples(shot, first, asked, random, settings.per_step)
        tell("pairs at every distance", at, len(seen))
    matched = fit_matcher(examples, settings.matcher) | described
    matcher = _matcher(matched)
    del examples
    known: list[list[KnownShot]] = []
    for at, (shot, asked) in enumerate([*seen, *judged], 1):
        known.append(_solver_shots(shot, matcher, asked))
        tell("links", at, len(seen) + len(judged))
    learned, unseen = known[: len(seen)], known[len(seen) :] or known
    solver = fit_solver(list(chain.from_iterable(learned)), settings.solver)
    sure = fit_sureness(list(chain.from_iterable(unseen)), solver, settings.sureness)
    return matched, solver | sure


def write(folder: Path, matcher: Arrays, solver: Arrays) -> None:
    """Write both files, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, arrays in ((MATCHER, matcher), (SOLVER, solver)):
        part = folder / f".{name}.part"
        save_file(arrays, part)
        part.replace(folder / name)


def _matcher(arrays: Arrays) -> Matcher:
    return Matcher.from_arrays(arrays)


def _describer(shots: Sequence[KnownDrawings], settings: DescriberFit, tell: Tell) -> Arrays:
    described = []
    for at, shot in enumerate(shots, 1):
        pictures = [Look.at(one).pictures.inputs().astype(np.float16) for one in shot.analyses]
        described.append(Described(pictures, shot.shapes))
        tell("pictures of regions", at, len(shots))
    return fit_describer(described, settings)


def _solver_shots(
    shot: KnownDrawings, matcher: Matcher, network: RegionNetwork | None
) -> list[KnownShot]:
    """A shot with hints on its first drawing, on its last one, and on both."""
    graph = graph_of(shot, matcher, network)
    last = len(graph.drawings) - 1
    keyed = graph.with_keys([0, last]).key_links
    found = []
    for keys in ([0], [0, last], [last]):
        direct = {pair: links for pair, links in keyed.items() if pair[0] in keys}
        one = replace(graph, linker=None, key_links=direct, _with_keys={})
        found.append(KnownShot(one, shot.colours, keys))
    return found
