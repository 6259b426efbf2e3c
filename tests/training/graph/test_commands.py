from pathlib import Path

import pytest
from safetensors.numpy import load_file
from typer.testing import CliRunner

from celtint.engine.embedding.weights import save_embedder
from celtint.engine.graph.matcher import Matcher
from celtint.engine.graph.solve import Solver
from celtint.training.cli import app
from celtint.training.embedding.task import MatchingTask
from celtint.training.graph.fit_describer import DescriberFit
from celtint.training.graph.fit_graph import GraphFit
from celtint.training.graph.fit_matcher import MatcherFit
from celtint.training.graph.fit_solver import SolverFit


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    def settings(seed: int) -> GraphFit:
        return GraphFit(
            describer=DescriberFit(updates=2, seed=seed),
            first_matcher=MatcherFit(updates=2, rounds=1, seed=seed),
            matcher=MatcherFit(updates=2, rounds=2, seed=seed),
            solver=SolverFit(rounds=1, seed=seed),
            per_step=1,
            seed=seed,
        )

    monkeypatch.setattr(GraphFit, "seeded", settings)


@pytest.mark.usefixtures("short")
def test_models_are_fitted_and_written_as_the_engine_reads_them(
    coloured_set: Path, tmp_path: Path
) -> None:
    task = MatchingTask().eval()
    save_embedder(task.network, task.matcher, tmp_path / "fresh.safetensors")
    call = ["fit-graph", "--data", str(coloured_set), "--out", str(tmp_path / "run")]
    call += ["--shots", "1", "--weights", str(tmp_path / "fresh.safetensors")]
    told = CliRunner().invoke(app, call)
    assert told.exit_code == 0, told.output
    assert "links: 1 of 1 shots" in told.output
    written = sorted(path.name for path in (tmp_path / "run").iterdir())
    assert written == ["matcher.safetensors", "solver.safetensors"]
    matcher = Matcher.from_arrays(load_file(tmp_path / "run" / "matcher.safetensors"))
    assert len(matcher.rounds) == 2
    Solver.from_arrays(load_file(tmp_path / "run" / "solver.safetensors"))


def test_a_set_that_is_not_there_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    call = ["fit-graph", "--data", str(tmp_path / "no"), "--out", str(tmp_path / "run")]
    told = CliRunner().invoke(app, call)
    assert told.exit_code == 3
    assert "Prepare it again" in told.stderr
    assert not (tmp_path / "run").exists()
