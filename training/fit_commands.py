"""`celtint-train fit`: train a painter from the command line."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer

from .console import CANCELLED, asked_by_signals, errors_told

Preset = Annotated[
    str,
    typer.Argument(metavar="PRESET|CONFIG.toml", help="A preset's name, or a configuration file."),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change the configuration: optimiser.lr=2e-4."),
]


def fit(
    config: Preset,
    *,
    data: Annotated[Path, typer.Option(help="A set of shots that `prepare` wrote.")],
    out: Annotated[Path, typer.Option(help="The run's folder: checkpoints, weights, log, strips.")],
    steps: Annotated[int | None, typer.Option(min=1, help="Steps in all, those done too.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop after so many minutes from now.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the run's last checkpoint.")
    ] = False,
    small: Annotated[
        bool, typer.Option("--small", help="The preset's small variant: half width, small crops.")
    ] = False,
    init: Annotated[Path | None, typer.Option(help="A weight file to start from.")] = None,
    say: Set = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    devices: Annotated[int, typer.Option(min=1, help="GPUs or processes on each machine.")] = 1,
    nodes: Annotated[int, typer.Option(min=1, help="Machines; start the command on each.")] = 1,
    strategy: Annotated[str, typer.Option(help="How they work together: auto, ddp.")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="Threads of a process; 0: all cores.")] = 0,
) -> None:
    """Train a painter.

    Presets: paper2019-lineart, paper2019-greyscale, tcvc2019-lineart, tcvc2019-greyscale, guided,
    toy.

    Example: celtint-train fit guided --data data/train --out runs/guided --minutes 120
    """
    with errors_told():
        from .config import load_config  # noqa: PLC0415 - torch takes seconds to import
        from .loop import run  # noqa: PLC0415 - as above

        chosen = run.with_steps(load_config(config, say or (), is_small=small), steps)
        run.set_threads(threads)
        stop = threading.Event()
        with asked_by_signals(stop):
            done = run.fit(
                chosen,
                data,
                out,
                minutes=minutes,
                is_resumed=resume,
                init=init,
                machine=run.Machine(device, devices, nodes, strategy),
                stop=stop,
            )
        if done.tells:
            typer.echo(
                f"{done.step} of {done.steps} steps, {done.samples_per_s:.1f} samples/s; "
                f"weights in {done.weights}"
            )
        if done.tells and done.step < done.steps:
            written = out / run.CONFIG  # with all that was set
            typer.echo(f"go on: celtint-train fit {written} --data {data} --out {out} --resume")
        if stop.is_set():
            raise typer.Exit(CANCELLED)


def adapt(
    weights: Annotated[
        Path, typer.Argument(help="The weight file to start from, or a shipped model's name.")
    ],
    *,
    line: Annotated[str, typer.Option(help="Line art: line.####.exr.")],
    painted: Annotated[
        str, typer.Option(help="Painted key frames, some of the same frames: key.####.exr.")
    ],
    out: Annotated[Path, typer.Option(help="The run's folder; the weights are in it.")],
    line_layer: Annotated[str, typer.Option(help="Layer of the line art, if files have it.")] = (
        "line"
    ),
    painted_layer: Annotated[str, typer.Option(help="Layer of the paint, likewise.")] = "paint",
    colorspace: Annotated[
        str, typer.Option(help="Colour space of EXR files, as OpenColorIO names it.")
    ] = "scene_linear",
    steps: Annotated[int | None, typer.Option(min=1, help="Steps in all; else 300.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop after so many minutes from now.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the run's last checkpoint.")
    ] = False,
    say: Set = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """Fine-tune a painter on the painted key frames of one shot or show.

    Example: celtint-train adapt weights.safetensors --line line.####.exr --painted key.####.exr
    --out runs/shot --minutes 10
    """
    with errors_told():
        from . import adapt as adapting  # noqa: PLC0415 - torch takes seconds to import
        from .key_frames import read_key_frames  # noqa: PLC0415 - as above
        from .loop.run import Machine  # noqa: PLC0415 - as above

        keys = read_key_frames(
            line,
            painted,
            line_layer=line_layer,
            painted_layer=painted_layer,
            colorspace=colorspace,
        )
        typer.echo(f"{len(keys)} painted key frames")
        stop = threading.Event()
        with asked_by_signals(stop):
            done = adapting.adapt(
                weights,
                keys,
                out,
                overrides=say or (),
                steps=steps,
                minutes=minutes,
                is_resumed=resume,
                machine=Machine(device),
                stop=stop,
            )
        typer.echo(f"{done.step} of {done.steps} steps, {done.samples_per_s:.1f} samples/s")
        typer.echo(f"paint with: celtint colorize --finish painted --model {done.weights} ...")
        if stop.is_set():
            raise typer.Exit(CANCELLED)
