"""`celtint farm`: many shots, on one workstation or on a farm."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..console import asked_by_signals, errors_told
from ..errors import JobError
from ..events import CANCELLED, FAILED_MIDWAY

if TYPE_CHECKING:
    from .report import Report
    from .shots import Shot

farm = typer.Typer(
    help="Paint many shots: on this workstation, with OpenJD, or with Slurm.",
    no_args_is_help=True,
)
session = typer.Typer(help="Keep one worker for all the shots of a farm session.", hidden=True)
farm.add_typer(session, name="session")

ShotList = Annotated[
    str,
    typer.Argument(
        metavar="LIST",
        help="Shots: a .csv, an .otio, or a pattern: /show/{shot}/line/line.####.exr.",
    ),
]
To = Annotated[
    Path, typer.Option("--to", help="The folder of this farm job: list, records, report.")
]
LineOption = Annotated[str | None, typer.Option("--line", help="Line art, with {shot} in it.")]
HintOption = Annotated[str | None, typer.Option("--hint", help="Hints, with {shot} in it.")]
OutOption = Annotated[str | None, typer.Option("--out", help="Where to paint, with {shot} in it.")]
Say = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="What holds for shots that the list says nothing of: finish=flat.",
        metavar="KEY=VALUE",
    ),
]
Handles = Annotated[int, typer.Option(min=0, help="Edits: frames before and after each cut.")]
Name = Annotated[str | None, typer.Option(help="What the farm calls the job.")]
Gpu = Annotated[bool, typer.Option("--gpu", help="Ask for machines with a graphics card.")]
Cores = Annotated[int, typer.Option(min=1, help="Processor cores a machine needs.")]
Memory = Annotated[int, typer.Option("--memory-mib", min=256, help="Memory a machine needs.")]
Celtint = Annotated[str, typer.Option("--celtint", help="The command celtint on the machines.")]


class OnFailure(StrEnum):
    """What a shot that fails does to its task."""

    fail = "fail"
    go_on = "continue"


@farm.command("run-local")
def run_local(
    shot_list: ShotList,
    *,
    to: To,
    line: LineOption = None,
    hint: HintOption = None,
    out: OutOption = None,
    say: Say = None,
    handles: Handles = 0,
    jobs: Annotated[int, typer.Option(min=1, help="Shots at a time.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Paint the shots on this machine; run it again to go on from where it stopped.

    Example: celtint farm run-local ep01.csv --to farm/ep01 --jobs 2
    """
    with errors_told():
        shots = _listed(shot_list, _defaults(line, hint, out, say), handles)
        from . import local, records  # noqa: PLC0415 - `--help` need not import them
        from .report import make_report  # noqa: PLC0415
        from .report_html import write_report  # noqa: PLC0415
        from .shots import SHOTS_FILE, save  # noqa: PLC0415

        save(to / SHOTS_FILE, shots)
        stop = threading.Event()
        with local.shown(shots, as_json=as_json) as shown, asked_by_signals(stop.set):
            ended = local.run_local(shots, to / records.RECORDS, jobs=jobs, shown=shown, stop=stop)
        made = make_report(shots, to / records.RECORDS)
        write_report(made, to / "report.html", to / "report.json", title=to.absolute().name)
        if not as_json:
            _tell(made, to / "report.html")
    states = [record.state for record in ended]
    if stop.is_set() or len(ended) < len(shots):
        raise typer.Exit(CANCELLED)
    if any(state != records.DONE for state in states):
        raise typer.Exit(FAILED_MIDWAY)


@farm.command()
def openjd(
    shot_list: ShotList,
    *,
    to: To,
    line: LineOption = None,
    hint: HintOption = None,
    out: OutOption = None,
    say: Say = None,
    handles: Handles = 0,
    name: Name = None,
    gpu: Gpu = False,
    cores: Cores = 2,
    memory_mib: Memory = 4096,
    celtint: Celtint = "celtint",
    keep_going: Annotated[
        bool,
        typer.Option("--keep-going", help="A shot that fails stops no other in a local session."),
    ] = False,
) -> None:
    """Write an OpenJD job bundle, for AWS Deadline Cloud or `openjd run`.

    Example: celtint farm openjd ep01.csv --to farm/ep01
    """
    with errors_told():
        shots = _listed(shot_list, _defaults(line, hint, out, say), handles)
        from .bundle import Needs, write_bundle  # noqa: PLC0415 - as above

        template = write_bundle(
            to,
            shots,
            name=name or to.absolute().name,
            needs=Needs(gpus=int(gpu), cores=cores, memory_mib=memory_mib),
            celtint=celtint,
            keeps_going=keep_going,
        )
        typer.echo(f"{len(shots)} shots in {template}")
        typer.echo(f"here: openjd run {template} --step Report --run-dependencies")
        typer.echo(f"AWS Deadline Cloud: deadline bundle submit {to}")


@farm.command()
def slurm(
    shot_list: ShotList,
    *,
    to: To,
    line: LineOption = None,
    hint: HintOption = None,
    out: OutOption = None,
    say: Say = None,
    handles: Handles = 0,
    name: Name = None,
    gpu: Gpu = False,
    cores: Cores = 2,
    memory_mib: Memory = 4096,
    celtint: Celtint = "celtint",
    at_once: Annotated[
        int | None, typer.Option(min=1, help="Array elements that run at a time.")
    ] = None,
    hours: Annotated[int, typer.Option(min=1, help="Time limit of an array element.")] = 24,
) -> None:
    """Write a Slurm array script.

    Example: celtint farm slurm ep01.csv --to farm/ep01 --at-once 40
    """
    with errors_told():
        shots = _listed(shot_list, _defaults(line, hint, out, say), handles)
        from .bundle import Needs  # noqa: PLC0415 - as above
        from .slurm import write_slurm  # noqa: PLC0415

        script = write_slurm(
            to,
            shots,
            name=re.sub(r"[^\w.+-]", "_", name or to.absolute().name),
            needs=Needs(gpus=int(gpu), cores=cores, memory_mib=memory_mib),
            celtint=celtint,
            at_once=at_once,
            hours=hours,
        )
        typer.echo(f"{len(shots)} shots in {script}")
        typer.echo(f"submit it: sbatch {script}")


@farm.command()
def task(
    shots_file: Annotated[Path, typer.Argument(metavar="SHOTS", help="shots.json.")],
    *,
    index: Annotated[str, typer.Option(help="Which shots, counted from 0: 3, or 0-9.")],
    records: Annotated[
        Path | None, typer.Option(help="Where to write what became of each; else beside SHOTS.")
    ] = None,
    session_file: Annotated[
        Path | None, typer.Option("--session", help="The session whose worker paints.")
    ] = None,
    path_mapping: Annotated[
        Path | None, typer.Option(help="OpenJD's path mapping rules for this machine.")
    ] = None,
    on_failure: Annotated[
        OnFailure, typer.Option(help="continue: a shot that fails is recorded, and no more.")
    ] = OnFailure.fail,
    for_openjd: Annotated[
        bool, typer.Option("--openjd", help="Tell progress in OpenJD's words.")
    ] = False,
) -> None:
    """Paint some shots of a list: what the machines of a farm run.

    Example: celtint farm task farm/ep01/shots.json --index 3
    """
    from ..shot import parse_frames  # noqa: PLC0415 - as above
    from .records import RECORDS  # noqa: PLC0415
    from .shots import load  # noqa: PLC0415
    from .task import Lines, Task, exit_code, map_paths, read_path_mapping  # noqa: PLC0415

    with errors_told():
        every = load(shots_file)
        wanted = [number for number in parse_frames(index) if number >= 0]
        if not wanted or wanted[-1] >= len(every):
            raise JobError([f"--index {index}: {shots_file} has shots 0 to {len(every) - 1}."])
        rules = read_path_mapping(path_mapping) if path_mapping is not None else []
        shots = [map_paths(every[number], rules) for number in wanted]
        lines = Lines(shots, _flushed, for_openjd=for_openjd)
        work = Task(records or shots_file.parent / RECORDS, session_file, _flushed)
        with asked_by_signals(work.cancel):
            done = work.paint(shots, lines.event)
        for record in done:
            lines.record(record)
    keeps_going = on_failure is OnFailure.go_on
    raise typer.Exit(exit_code(done, len(shots), keeps_going=keeps_going))


@farm.command()
def report(
    where: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The farm job, or its shots.json.")
    ],
    *,
    records: Annotated[Path | None, typer.Option(help="Where the records are.")] = None,
    html: Annotated[Path | None, typer.Option(help="Where to write the page.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Where to write JSON.")] = None,
) -> None:
    """Report over all shots: done, failed and why, where to look, time and memory.

    The exit code is 0 where every shot is done, else 4.

    Example: celtint farm report farm/ep01
    """
    from .records import RECORDS  # noqa: PLC0415 - as above
    from .report import make_report  # noqa: PLC0415
    from .report_html import write_report  # noqa: PLC0415
    from .shots import SHOTS_FILE, load  # noqa: PLC0415

    with errors_told():
        file = where / SHOTS_FILE if where.is_dir() else where
        made = make_report(load(file), records or file.parent / RECORDS)
        html = html or file.parent / "report.html"
        json_file = json_file or file.parent / "report.json"
        write_report(made, html, json_file, title=file.absolute().parent.name)
        _tell(made, html)
    raise typer.Exit(0 if made.is_done else FAILED_MIDWAY)


@session.command()
def start(
    file: Annotated[Path, typer.Argument(help="Where it says how to reach it.")],
    *,
    idle: Annotated[
        float, typer.Option(help="It leaves after so many seconds without a shot.")
    ] = 900.0,
) -> None:
    """Start the process that keeps the session's worker."""
    from .session import start_session  # noqa: PLC0415 - as above

    with errors_told():
        process = start_session(file.absolute(), idle_s=idle)
        typer.echo(f"the session's process is {process.pid}")
        process.returncode = 0  # it stays, so Python need not warn that nobody waited for it


@session.command()
def stop(
    file: Annotated[Path, typer.Argument(help="Where it says how to reach it.")],
) -> None:
    """End it."""
    from .session import stop_session  # noqa: PLC0415 - as above

    with errors_told():
        ended = stop_session(file)
        typer.echo("the session has ended" if ended else "the session was gone already")


def _listed(source: str, defaults: Mapping[str, str], handles: int) -> list[Shot]:
    from .lists import read_list  # noqa: PLC0415 - as above

    return read_list(source, defaults, handles=handles)


def _defaults(
    line: str | None, hint: str | None, out: str | None, said: list[str] | None
) -> Mapping[str, str]:
    """What holds for shots that the list says nothing of; paths start from the current folder."""
    from .shots import COLUMNS, is_column  # noqa: PLC0415 - as above

    problems = []
    defaults = {
        key: str(Path(text).absolute())
        for key, text in (("line", line), ("hint", hint), ("out", out))
        if text is not None
    }
    for text in said or []:
        key, equals, value = text.partition("=")
        if not equals or not is_column(key) or key in ("shot", "line", "hint", "out"):
            problems.append(
                f"--set {text}: write KEY=VALUE; known are "
                f"{', '.join(name for name in COLUMNS[1:] if name not in ('line', 'hint', 'out'))} "
                "and settings.NAME."
            )
        defaults[key] = value
    if problems:
        raise JobError(problems)
    return defaults


def _tell(made: Report, html: Path) -> None:
    typer.echo(", ".join(f"{count} {state}" for state, count in made.states.items()))
    typer.echo(f"the report is in {html}")


def _flushed(line: str) -> None:
    """A line for the farm, which reads them as they come."""
    typer.echo(line)
