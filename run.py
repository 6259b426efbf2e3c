#!/usr/bin/env python3
"""Set up celtint in this checkout and use it; needs Python 3.11 or newer and nothing else.

    python3 run.py demo     paint the sample shot, on the CPU, offline, and show where it is
    python3 run.py test     every check and test the project has, against the built wheel
    python3 run.py toy      train a toy painter on the sample shot and paint the shot with it

Both make `.venv` beside this file and install into it what they need. Later runs are quick.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent
ENVIRONMENT = CHECKOUT / ".venv"
SCRIPTS = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / "python"
OLDEST_PYTHON = (3, 11)


def main() -> int:
    """Do what the command line asks; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("demo", "test", "toy"))
    parser.add_argument("arguments", nargs="*", help="passed on to what the command runs, after --")
    options = parser.parse_args()
    if sys.version_info < OLDEST_PYTHON:
        print("celtint needs Python 3.11 or newer; this is " + sys.version.split()[0])
        return 2
    commands = {"demo": demo, "test": test, "toy": toy}
    try:
        return commands[options.command](options.arguments)
    except subprocess.CalledProcessError as error:
        print(f"\nfailed: {' '.join(map(str, error.cmd))} (exit code {error.returncode})")
        return error.returncode or 1


def demo(arguments: list[str]) -> int:
    """Paint the sample shot and say where the result is."""
    install(extras=())
    shot = CHECKOUT / "samples" / "meadow"
    run(
        SCRIPTS / "celtint", "colorize",
        "--line", shot / "line" / "line.####.exr",
        "--hint", shot / "hint" / "hint.####.exr",
        "--out", CHECKOUT / "out" / "meadow" / "paint.####.exr",
        "--sheet", CHECKOUT / "out" / "meadow" / "sheet.png",
        *arguments,
    )  # fmt: skip
    return 0


def test(arguments: list[str]) -> int:
    """Run every check, then the tests against the installed wheel."""
    install(extras=("dev", "publish", "farm", "train"))
    run(PYTHON, "-m", "ruff", "format", "--check", ".")
    run(PYTHON, "-m", "ruff", "check", ".")
    check_types()
    run(SCRIPTS / "lint-imports")
    run(PYTHON, "-m", "pytest", *arguments)
    return 0


def toy(arguments: list[str]) -> int:
    """Train a toy, paint with it, and say where the strip is."""
    install(extras=("train",))
    shot, out = CHECKOUT / "samples" / "meadow", CHECKOUT / "out" / "toy"
    run(SCRIPTS / "celtint-train", "toy", shot, "--out", out, *arguments)
    return 0


def install(extras: tuple[str, ...]) -> None:
    """Make the environment and install what the project needs, then the project itself.

    What the project needs changes seldom, so it is installed again only when the files that name it
    have changed; the project itself is built and installed as a wheel every time.
    """
    if not PYTHON.exists():
        print(f"making {ENVIRONMENT.name} ...", flush=True)
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
    wanted = [CHECKOUT / "pyproject.toml", CHECKOUT / "constraints.txt"]
    state = hashlib.sha256(b"".join(path.read_bytes() for path in wanted))
    stamp = ENVIRONMENT / "-".join(["installed", *extras, state.hexdigest()[:16]])
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    target = str(CHECKOUT) + (f"[{','.join(extras)}]" if extras else "")
    if not stamp.exists():
        print("installing what celtint needs (a few minutes the first time) ...", flush=True)
        started = time.monotonic()
        constraints = ("--constraint", CHECKOUT / "constraints.txt")
        run(*pip, *constraints, "--upgrade", "setuptools", "wheel")
        run(*pip, *constraints, "--no-build-isolation", target)
        stamp.touch()
        print(f"installed in {time.monotonic() - started:.0f} s", flush=True)
    forget_earlier_builds()
    run(*pip, "--no-build-isolation", "--no-deps", "--force-reinstall", CHECKOUT)


def check_types() -> None:
    """Type-check an installed copy: type checkers cannot see through the mapping of the folders."""
    copy = CHECKOUT / ".typecheck"
    shutil.rmtree(copy, ignore_errors=True)
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    forget_earlier_builds()
    run(*pip, "--no-build-isolation", "--no-deps", "--target", copy, CHECKOUT)
    run(PYTHON, "-m", "mypy", environment={"MYPYPATH": str(copy)})


def forget_earlier_builds() -> None:
    """Remove setuptools' build folder, which would carry deleted modules into the next wheel."""
    shutil.rmtree(CHECKOUT / "build", ignore_errors=True)


def run(*command: object, environment: dict[str, str] | None = None) -> None:
    """Run one command from the checkout; raise CalledProcessError if it fails."""
    subprocess.run(
        [str(part) for part in command],
        check=True,
        cwd=CHECKOUT,
        env={**os.environ, **(environment or {})},
    )


if __name__ == "__main__":
    sys.exit(main())
