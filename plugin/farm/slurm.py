"""Shots as a Slurm array job: one script, one array element for a few shots."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from .bundle import Needs
from .records import RECORDS
from .shots import SHOTS_FILE, Shot, save, write_text

SCRIPT = "celtint.sbatch"
MOST_ELEMENTS = 1000
"""Slurm's own limit (MaxArraySize 1001) unless the site raised it."""


def write_slurm(
    folder: Path,
    shots: Sequence[Shot],
    *,
    name: str,
    needs: Needs,
    celtint: str,
    at_once: int | None,
    hours: int,
) -> Path:
    """Write an array script with its list of shots.

    Args:
        folder: Where to, on a disk that every node sees; made if needed.
        shots: The shots, in the order in which they shall be taken.
        name: What Slurm calls the job.
        needs: What one element is given.
        celtint: The command `celtint` on the nodes.
        at_once: How many elements run at a time at most; None leaves it to Slurm.
        hours: The time limit of one element.

    Returns:
        The script, to be given to `sbatch`.

    Raises:
        FileError: It cannot be written.

    """
    save(folder / SHOTS_FILE, shots)
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    text = script(
        folder.absolute(),
        len(shots),
        name=name,
        needs=needs,
        celtint=celtint,
        at_once=at_once,
        hours=hours,
    )
    write_text(folder / SCRIPT, text)
    return folder / SCRIPT


def script(
    folder: Path,
    count: int,
    *,
    name: str,
    needs: Needs,
    celtint: str,
    at_once: int | None,
    hours: int,
) -> str:
    """The script; see `write_slurm`."""
    each = -(-count // MOST_ELEMENTS)
    elements = -(-count // each)
    throttle = "" if at_once is None else f"%{at_once}"
    directives = [
        f"--job-name={name}",
        f"--array=0-{elements - 1}{throttle}",
        f"--output={folder / 'logs'}/%A_%a.log",
        "--open-mode=append",
        "--requeue",
        "--ntasks=1",
        f"--cpus-per-task={needs.cores}",
        f"--mem={needs.memory_mib}M",
        f"--time={hours}:00:00",
        # To the script itself, in good time: the frames in flight become whole, and a time limit
        # that was too short costs no frame.
        "--signal=B:TERM@120",
    ]
    if needs.gpus:
        directives.append(f"--gres=gpu:{needs.gpus}")
    task = ["farm", "task", str(folder / SHOTS_FILE), "--records", str(folder / RECORDS)]
    command = shlex.join([*shlex.split(celtint), *task])
    lines = ["#!/bin/bash"]
    lines += [f"#SBATCH {shlex.quote(directive)}" for directive in directives]
    lines += [
        "",
        "# Paints the shots of one array element. A second submission paints what is missing.",
        f"# sbatch {shlex.quote(str(folder / SCRIPT))}",
        f"first=$((SLURM_ARRAY_TASK_ID * {each}))",
        f"last=$((first + {each - 1}))",
        f"[ $last -gt {count - 1} ] && last={count - 1}",
        # No other process between Slurm and celtint, which has to see the signals.
        f"exec {command} --index $first-$last",
        "",
    ]
    return "\n".join(lines)
