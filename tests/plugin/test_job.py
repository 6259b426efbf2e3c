from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest

import celtint.plugin.client
import celtint.plugin.errors
import celtint.plugin.events
import celtint.plugin.job
import celtint.plugin.process
import celtint.plugin.workers
from celtint.plugin.errors import JobError
from celtint.plugin.job import JOB_VERSION, Job, Output, Source

HOST_SIDE = (
    celtint.plugin.client,
    celtint.plugin.errors,
    celtint.plugin.events,
    celtint.plugin.job,
    celtint.plugin.process,
    celtint.plugin.workers,
)


def document(**changes: Any) -> dict[str, Any]:
    return {
        "celtint_job": JOB_VERSION,
        "line": {"path": "line.####.exr"},
        "out": {"path": "paint.####.exr"},
    } | changes


def problems(value: Any) -> list[str]:
    with pytest.raises(JobError) as caught:
        Job.from_dict(value)
    return list(caught.value.problems)


def test_a_job_survives_json() -> None:
    job = Job(
        line=Source("/shot/line.%04d.exr", layer="line", colorspace="ACEScg"),
        hint=Source("/shot/hint.####.exr"),
        out=Output("/shot/paint.####.exr", colorspace="ACEScg"),
        frames="1001-1048x2,1060",
        settings={"gap_px": 3, "close": True},
        model=None,
        device="cuda:1",
        ocio="/show/config.ocio",
        overwrite=True,
    )

    assert Job.from_json(job.to_json()) == job
    assert "\n" not in job.to_json()


def test_what_a_job_leaves_out_has_the_documented_defaults() -> None:
    job = Job.from_dict(document())

    assert (job.hint, job.frames, job.finish, job.device) == (None, None, "flat", "auto")
    assert (dict(job.settings), job.model, job.ocio, job.overwrite) == ({}, None, None, False)


def test_every_problem_is_reported_at_once() -> None:
    found = problems(
        document(
            line={"layer": 3, "colour": "red"},
            hint="hint.exr",
            out={"path": " "},
            frames=1001,
            finish="oil",
            settings={"gap_px": [1], "x": float("nan")},
            device="tpu",
            overwrite="yes",
            shot="010",
        )
    )

    for name in (
        "`line.path`",
        "`line.layer`",
        "`line.colour`",
        "`hint`",
        "`out.path`",
        "`frames`",
        "`finish`",
        "`settings.gap_px`",
        "`settings.x`",
        "`device`",
        "`overwrite`",
        "`shot`",
    ):
        assert sum(text.startswith(name) for text in found) == 1, name
    assert len(found) == 12


@pytest.mark.parametrize("version", [None, 0, 2, "1", True, 1.5])
def test_another_version_is_refused_without_guessing(version: Any) -> None:
    (problem,) = problems(document(celtint_job=version, unknown=1))

    assert "version" in problem


@pytest.mark.parametrize("value", [None, [], "job", 3])
def test_a_job_is_an_object(value: Any) -> None:
    (problem,) = problems(value)

    assert "JSON object" in problem


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00"])
def test_what_is_not_json_is_said_to_be_so(text: str) -> None:
    with pytest.raises(JobError, match="not JSON"):
        Job.from_json(text)


def test_a_key_that_stands_twice_is_refused() -> None:
    text = json.dumps(document())[:-1] + ', "frames": "1", "frames": "2"}'

    with pytest.raises(JobError, match="`frames` more than once"):
        Job.from_json(text)


def test_a_job_made_in_python_is_checked_like_one_from_json() -> None:
    with pytest.raises(JobError) as caught:
        Job(line=Source(""), out=Output("paint.####.exr"), finish="oil")

    assert len(caught.value.problems) == 2


def test_layers_that_no_output_has_are_refused() -> None:
    with pytest.raises(JobError, match=r"`out\.layers` is all or rgba, then"):
        Job(line=Source("a"), out=Output("paint.####.exr", layers="beauty"))


@pytest.mark.parametrize("name", ["a\udcff", "a\0b"])
def test_names_that_nothing_can_be_opened_by_are_refused(name: str) -> None:
    with pytest.raises(JobError) as caught:
        Job(line=Source(name, layer=name, colorspace=name), out=Output("b"), model=name, ocio=name)
    assert [text.split("`")[1] for text in caught.value.problems] == [
        "model", "ocio", "line.path", "line.layer", "line.colorspace"
    ]  # fmt: skip


def test_numbers_beyond_every_float_are_refused() -> None:
    with pytest.raises(JobError, match="finite number"):
        Job(line=Source("a"), out=Output("b"), settings={"gap_px": 10**400})


def test_nobody_can_change_a_job_under_a_run() -> None:
    settings = {"gap_px": 3}
    job = Job(line=Source("a"), out=Output("b"), settings=settings)
    settings["gap_px"] = 9

    assert job.settings["gap_px"] == 3
    with pytest.raises(TypeError):
        job.settings["gap_px"] = 4  # type: ignore[index]


@pytest.mark.parametrize("module", HOST_SIDE)
def test_what_hosts_import_is_python_3_9_and_standard_library(module: Any) -> None:
    text = Path(module.__file__).read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 9))

    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            imported.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.ImportFrom):
            assert f"celtint.plugin.{node.module}" in {one.__name__ for one in HOST_SIDE}
        elif isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
    assert imported <= set(sys.stdlib_module_names)
    if "|" in text:
        assert "from __future__ import annotations" in text
