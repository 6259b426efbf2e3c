"""Shots as an OpenJD job: one task a shot, in the folder that AWS Deadline Cloud takes as a bundle.

The files are JSON, which every reader of OpenJD takes as it takes YAML.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..shot import FramePattern
from .records import RECORDS
from .shots import SHOTS_FILE, Shot, save, write_text
from .task import GRACE_S

TEMPLATE = "template.json"
_SESSION = "{{Session.WorkingDirectory}}/celtint-session.json"
_CELTINT = "{{Param.Celtint}}"
_LONGEST_SHOT_S = 24 * 3600
_LONGEST_NAME = 128


@dataclass(frozen=True)
class Needs:
    """What a machine has to have to be given shots.

    Attributes:
        gpus: Graphics cards; 0 for a machine that need not have one.
        gpu_memory_mib: Memory of the card.
        cores: Processor cores.
        memory_mib: Memory.

    """

    gpus: int = 0
    gpu_memory_mib: int = 4096
    cores: int = 2
    memory_mib: int = 4096


def write_bundle(
    folder: Path, shots: Sequence[Shot], *, name: str, needs: Needs, celtint: str, keeps_going: bool
) -> Path:
    """Write a job bundle.

    Args:
        folder: Where to; made if needed.
        shots: The shots, in the order in which the farm shall take them.
        name: What the farm calls the job.
        needs: What a machine has to have.
        celtint: The command `celtint` on the farm's machines: a name on PATH, or a path.
        keeps_going: Whether a shot that fails counts as done for the farm, and stands in the
            report alone. The first task that fails ends a local session.

    Returns:
        The template.

    Raises:
        FileError: It cannot be written.

    """
    save(folder / SHOTS_FILE, shots)
    document = template(
        shots,
        name=name,
        needs=needs,
        celtint=celtint,
        keeps_going=keeps_going,
    )
    write_text(folder / "asset_references.json", _text(asset_references(shots)))
    write_text(folder / TEMPLATE, _text(document))
    return folder / TEMPLATE


def template(
    shots: Sequence[Shot],
    *,
    name: str,
    needs: Needs,
    celtint: str,
    keeps_going: bool,
) -> dict[str, Any]:
    """The job template, version `jobtemplate-2023-09`."""
    paint = {
        "name": "Paint",
        "hostRequirements": _host_requirements(needs),
        "stepEnvironments": [_session()],
        "parameterSpace": {
            "taskParameterDefinitions": [
                {"name": "Shot", "type": "INT", "range": "{{Param.ShotIndices}}"}
            ]
        },
        "script": {"actions": {"onRun": _paint()}},
    }
    report = {
        "name": "Report",
        "dependencies": [{"dependsOn": "Paint"}],
        "script": {
            "actions": {
                "onRun": {
                    "command": _CELTINT,
                    "args": [
                        "farm", "report", "{{Param.Shots}}", "--records", "{{Param.Records}}",
                        "--html", "{{Param.Records}}/report.html",
                        "--json", "{{Param.Records}}/report.json",
                    ],
                    "timeout": 3600,
                }
            }
        },
    }  # fmt: skip
    return {
        "specificationVersion": "jobtemplate-2023-09",
        "name": name[:_LONGEST_NAME],
        "parameterDefinitions": _parameters(len(shots), celtint=celtint, keeps_going=keeps_going),
        "steps": [paint, report],
    }


def _parameters(count: int, *, celtint: str, keeps_going: bool) -> list[dict[str, Any]]:
    return [
        {
            "name": "Shots", "type": "PATH", "objectType": "FILE", "dataFlow": "IN",
            "default": SHOTS_FILE, "description": "The list of shots.",
        },
        {
            "name": "Records", "type": "PATH", "objectType": "DIRECTORY", "dataFlow": "OUT",
            "default": RECORDS, "description": "Where it is written what became of each shot.",
        },
        {
            "name": "ShotIndices", "type": "STRING", "default": f"0-{count - 1}",
            "description": "Which shots of the list, counted from 0: 0-19, or 3,7.",
        },
        {
            "name": "Celtint", "type": "STRING", "default": celtint,
            "description": "The command celtint on the farm's machines.",
        },
        {
            "name": "OnFailure", "type": "STRING", "allowedValues": ["fail", "continue"],
            "default": "continue" if keeps_going else "fail",
            "description": "fail: a shot that fails fails its task, and the farm tries it again. "
            "continue: it is recorded, the rest goes on, and the report fails at the end.",
        },
    ]  # fmt: skip


def _session() -> dict[str, Any]:
    """One worker stands for the whole session, so that the engine and its model load once."""
    return {
        "name": "Worker",
        "description": "Keeps one worker for every shot of the session.",
        "script": {
            "actions": {
                "onEnter": {
                    "command": _CELTINT,
                    "args": ["farm", "session", "start", _SESSION],
                    "timeout": 300,
                },
                "onExit": {
                    "command": _CELTINT,
                    "args": ["farm", "session", "stop", _SESSION],
                    "timeout": 300,
                },
            }
        },
    }


def _paint() -> dict[str, Any]:
    return {
        "command": _CELTINT,
        "args": [
            "farm", "task", "{{Param.Shots}}", "--index", "{{Task.Param.Shot}}",
            "--records", "{{Param.Records}}", "--session", _SESSION,
            "--path-mapping", "{{Session.PathMappingRulesFile}}",
            "--on-failure", "{{Param.OnFailure}}", "--openjd",
        ],
        "timeout": _LONGEST_SHOT_S,
        "cancelation": {
            "mode": "NOTIFY_THEN_TERMINATE",
            "notifyPeriodInSeconds": round(GRACE_S * 4 / 3) + 15,
        },
    }  # fmt: skip


def _host_requirements(needs: Needs) -> dict[str, Any]:
    amounts = [
        {"name": "amount.worker.vcpu", "min": needs.cores},
        {"name": "amount.worker.memory", "min": needs.memory_mib},
    ]
    if needs.gpus:
        amounts += [
            {"name": "amount.worker.gpu", "min": needs.gpus},
            {"name": "amount.worker.gpu.memory", "min": needs.gpu_memory_mib},
        ]
    return {
        "amounts": amounts,
        "attributes": [{"name": "attr.worker.os.family", "anyOf": ["linux"]}],
    }


def asset_references(shots: Sequence[Shot]) -> dict[str, Any]:
    """What AWS Deadline Cloud's job attachments carry to the farm and back."""
    inputs: set[str] = set()
    outputs: set[str] = set()
    files: set[str] = set()
    for shot in shots:
        inputs.add(str(FramePattern.parse(shot.job.line.path).folder))
        if shot.job.hint is not None:
            inputs.add(str(FramePattern.parse(shot.job.hint.path).folder))
        outputs.add(str(FramePattern.parse(shot.job.out.path).folder))
        files.update(
            path
            for path in (shot.job.model, shot.job.ocio)
            if path is not None and Path(path).is_file()
        )
    return {
        "assetReferences": {
            "inputs": {"filenames": sorted(files), "directories": sorted(inputs)},
            "outputs": {"directories": sorted(outputs)},
            "referencedPaths": [],
        }
    }


def _text(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"
