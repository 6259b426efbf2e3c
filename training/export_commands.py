"""`celtint-train export`: weights as they ship, their card, a quick look for Nuke."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import errors_told
from .errors import CheckpointError

MODEL_CARD = Path("docs") / "model_card.md"
"""Where a checkout keeps the card of the weights that ship."""

BY_HAND = "<!-- by hand from here on: kept when the card is written anew -->"
"""Line of the shipped card under which people write what no file tells, such as licences."""


def export(
    source: Annotated[
        Path, typer.Argument(help="The folder of a run, or a weight file.", metavar="RUN|FILE")
    ],
    *,
    out: Annotated[
        Path, typer.Option(help="FILE.safetensors to write; its card lies beside it, FILE.md.")
    ],
    data: Annotated[
        list[str] | None,
        typer.Option(help="The set that the weights were trained on, for the card; repeatable."),
    ] = None,
    figures: Annotated[
        list[Path] | None,
        typer.Option(help="A report of `evaluate` on these weights, for the card; repeatable."),
    ] = None,
    licence: Annotated[
        str, typer.Option(help="Of the weights, as an SPDX expression.")
    ] = "Apache-2.0",
    torchscript: Annotated[
        Path | None,
        typer.Option(
            help="Also a single-frame TorchScript FILE.pt for a quick look in Nuke's Inference "
            "node: nothing is remembered from frame to frame."
        ),
    ] = None,
    register: Annotated[
        str | None,
        typer.Option(
            help="Make these the weights that ship: a name for --model. Writes engine/weights and "
            "docs/model_card.md of the checkout that is installed."
        ),
    ] = None,
) -> None:
    """Write weights as they ship: half precision, safetensors, described, with a card.

    Example: celtint-train export runs/first --out first.safetensors --data data/drawings/train
    """
    with errors_told():
        from .data.shards import read_set  # noqa: PLC0415 - torch takes seconds
        from .evaluation.clips import name_of  # noqa: PLC0415
        from .export.card import card_of, trained_on  # noqa: PLC0415
        from .export.figures import read_figures, scores  # noqa: PLC0415
        from .export.registry import register as ship  # noqa: PLC0415
        from .export.registry import require_name  # noqa: PLC0415
        from .export.torchscript import export_torchscript  # noqa: PLC0415
        from .export.weights import export_weights  # noqa: PLC0415
        from .whole_files import write_whole  # noqa: PLC0415

        if register is not None:
            require_name(register)
        checkout = None if register is None else _checkout()
        sets = {name_of(place): read_set(place) for place in data or []}
        exported = export_weights(source, out)
        typer.echo(out)
        found = read_figures(figures or [], {exported.weights.sha256, exported.source_sha256})
        card = card_of(exported, register or out.stem, licence=licence, sets=sets, figures=found)
        write_whole(out.with_suffix(".md"), card.encode())
        typer.echo(out.with_suffix(".md"))
        if torchscript is not None:
            export_torchscript(exported.weights, torchscript)
            typer.echo(torchscript)
        if register is not None and checkout is not None:
            shipped = ship(
                exported,
                register,
                training_data=trained_on(sets),
                licence=licence,
                scores=scores(found),
            )
            page = checkout / MODEL_CARD
            write_whole(page, (card + _by_hand(page)).encode())
            typer.echo(shipped)
            typer.echo(page)


def _by_hand(page: Path) -> str:
    """What people wrote into a card that is there already."""
    if not page.exists():
        return ""
    _, marker, written = page.read_text("utf-8").partition(BY_HAND)
    return f"\n{marker}{written}" if marker else ""


def _checkout() -> Path:
    """The checkout that is installed."""
    from celtint.engine.painted.weights import REGISTRY  # noqa: PLC0415 - torch takes seconds

    folder = REGISTRY.resolve().parent.parent.parent
    if not (folder / "pyproject.toml").exists():
        raise CheckpointError(
            f"--register writes to the checkout, and {folder} is an installed package: install the "
            "checkout itself with `pip install -e .`"
        )
    return folder
