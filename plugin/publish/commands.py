"""The command `celtint publish`; the image libraries are imported when it runs, not before."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from ..errors import BusyError, JobError, PluginError
from ..events import BAD_INPUT, BUSY, DONE, FAILED_MIDWAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .judge import Verdict
    from .options import Options
    from .shot import PaintedShot

FOUND = 1
"""Exit code where a rule that is an error found something; nothing is published then."""

_MOST_TOLD = 6  # findings of one rule in the readable report; `--json` has all of them


def publish(
    named: Annotated[
        str,
        typer.Argument(metavar="FOLDER|PATTERN|JOB.json", help="The painted shot."),
    ],
    *,
    config: Annotated[Path | None, typer.Option(help="What the studio asks for (TOML).")] = None,
    to: Annotated[
        str | None,
        typer.Option(help="Folder of the versions; {shot} is the shot's name. Else only checked."),
    ] = None,
    reviews: Annotated[
        Path | None, typer.Option(help="What people allowed; else reviews.toml beside the frames.")
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Put right what is safe to, and look again.")
    ] = False,
    only: Annotated[
        str | None, typer.Option(help="With --repair: the one rule whose findings to put right.")
    ] = None,
    is_check: Annotated[
        bool, typer.Option("--check", help="Publish nothing, whatever the configuration says.")
    ] = False,
    tables: Annotated[
        str | None, typer.Option("--set", help="Tables of the configuration as JSON, on top.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Beside each finding, why the rule is there.")
    ] = False,
) -> None:
    """Check a painted shot, and publish it as a new version if nothing is wrong.

    Exit codes: 0 nothing is wrong, 1 a rule found something, 2 wrong usage, 3 the shot or the
    configuration cannot be understood, 4 publishing failed, 5 somebody else is at work there.

    Example: celtint publish paint --to "/show/published/{shot}"
    """
    if only is not None and not repair:
        raise typer.BadParameter("--only goes with --repair")
    try:
        options = _options(config, to, tables)
        shot, verdicts, done = _checked(
            named, options, reviews, repairs=_repairable(only) if repair else ()
        )
    except BusyError as error:
        _leave(BUSY, [str(error)], as_json=as_json)
    except JobError as error:
        _leave(BAD_INPUT, error.problems, as_json=as_json)
    except PluginError as error:
        _leave(BAD_INPUT, [str(error)], as_json=as_json)
    folder: Path | None = None
    code, problems = DONE, list[str]()
    if any(one.is_error for one in verdicts):
        code = FOUND
    elif shot.target is not None and not is_check:
        folder, code, problems = _published(shot, verdicts)
    if as_json:
        typer.echo(json.dumps(_report(shot, verdicts, done, folder, problems), allow_nan=False))
    else:
        _tell(shot, verdicts, done, folder, explain=explain)
        for problem in problems:
            typer.echo(f"error: {problem}", err=True)
    raise typer.Exit(code)


def _options(config: Path | None, to: str | None, tables: str | None) -> Options:
    from .options import Options, read_options, with_tables  # noqa: PLC0415 - see the module

    options = Options() if config is None else read_options(config)
    if tables is not None:
        try:
            document = json.loads(tables)
        except ValueError as error:
            raise JobError([f"--set is no JSON: {error}"]) from error
        if not isinstance(document, dict):
            raise JobError(["--set is a JSON object of tables."])
        options = with_tables(options, document)
    if to is not None:
        options = replace(options, publish=replace(options.publish, to=to))
    return options


def _repairable(only: str | None) -> Sequence[str]:
    """The rules whose findings are to be put right."""
    from .repairs import REPAIRS  # noqa: PLC0415 - see the module

    if only is not None and only not in REPAIRS:
        raise JobError([f"There is no repair for `{only}`; there are {', '.join(REPAIRS)}."])
    return tuple(REPAIRS) if only is None else (only,)


def _checked(
    named: str, options: Options, reviews: Path | None, *, repairs: Sequence[str]
) -> tuple[PaintedShot, tuple[Verdict, ...], list[str]]:
    """Look at the shot and judge it; where asked, repair what can be and look again."""
    from .gather import gather  # noqa: PLC0415 - see the module
    from .judge import judge  # noqa: PLC0415
    from .repairs import repair  # noqa: PLC0415

    shot = gather(named, options, reviews=reviews)
    verdicts = judge(shot)
    done: list[str] = []
    if not repairs:
        return shot, verdicts, done
    for verdict in verdicts:
        if not verdict.findings or verdict.rule not in repairs:
            continue
        try:
            changed = repair(shot, verdict.rule)
        except PluginError as error:
            done.append(f"{verdict.rule} was not repaired: {error}")
            continue
        if changed:
            done += changed
            # The next repair has to see what this one did.
            shot = gather(named, options, reviews=reviews)
    return shot, judge(shot), done


def _published(
    shot: PaintedShot, verdicts: Sequence[Verdict]
) -> tuple[Path | None, int, list[str]]:
    from .extract import extract  # noqa: PLC0415 - see the module
    from .integrate import integrate  # noqa: PLC0415

    assert shot.target is not None  # noqa: S101 - the caller has looked
    try:
        staged = extract(shot, shot.target, [one.to_dict() for one in verdicts])
        return integrate(staged), DONE, []
    except BusyError as error:
        return None, BUSY, [str(error)]
    except PluginError as error:
        return None, FAILED_MIDWAY, [str(error)]


def _report(
    shot: PaintedShot,
    verdicts: Sequence[Verdict],
    done: list[str],
    folder: Path | None,
    problems: Sequence[str],
) -> dict[str, Any]:
    from .keys import keys_of, representation_of  # noqa: PLC0415 - see the module

    return {
        "shot": shot.name,
        "path": str(shot.pattern),
        "frames": [one.frame for one in shot.frames],
        "is_good": not any(one.is_error for one in verdicts),
        "rules": [one.to_dict() for one in verdicts],
        "repaired": done,
        "target": None if shot.target is None else str(shot.target.folder),
        "published": None if folder is None else str(folder),
        "version": None if shot.target is None else shot.target.version,
        "keys": keys_of(shot),
        "representation": representation_of(shot, folder or shot.pattern.folder),
        "problems": list(problems),
    }


def _tell(
    shot: PaintedShot,
    verdicts: Sequence[Verdict],
    done: list[str],
    folder: Path | None,
    *,
    explain: bool,
) -> None:
    """Print a report that a person can act on."""
    from ..shot import format_frames  # noqa: PLC0415 - see the module
    from .rules import RULES  # noqa: PLC0415

    frames = format_frames(one.frame for one in shot.frames) or "none"
    typer.echo(f"{shot.name}: {len(shot.frames)} frames ({frames}) of {shot.pattern}")
    for text in done:
        typer.echo(f"  repair: {text}")
    for verdict in verdicts:
        mark = "off" if verdict.severity == "off" else "ok"
        mark = verdict.severity if verdict.findings else mark
        typer.echo(f"  {mark:8}{RULES[verdict.rule].label}")
        if verdict.findings and explain:
            for line in RULES[verdict.rule].help.splitlines():
                typer.echo(f"            | {line}")
        for finding in verdict.findings[:_MOST_TOLD]:
            typer.echo(f"            {finding}")
        if len(verdict.findings) > _MOST_TOLD:
            typer.echo(f"            ... and {len(verdict.findings) - _MOST_TOLD} more (--json)")
    if folder is not None:
        typer.echo(f"published as {folder}")
    elif any(one.is_error for one in verdicts):
        typer.echo("not fit to leave: see above")
    else:
        typer.echo("nothing is wrong")


def _leave(code: int, problems: Sequence[str], *, as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(json.dumps({"is_good": False, "problems": list(problems)}))
    else:
        for problem in problems:
            typer.echo(f"error: {problem}", err=True)
    raise typer.Exit(code)
