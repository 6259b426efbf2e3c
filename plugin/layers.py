"""Which channels of a file make up the layer an artist asks for.

Every application names layers its own way: `hint.R` (most tools), `hint.red` (Nuke),
`ViewLayer.hint.R` (Blender 4.5), a part called `hint` that holds `R G B A`, or one part a pass that
keeps the prefix (Blender 5.0). Here a layer is found by its last element, in any case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .errors import FileError

_COMPONENTS = {
    "r": "r",
    "red": "r",
    "g": "g",
    "green": "g",
    "b": "b",
    "blue": "b",
    "a": "a",
    "alpha": "a",
    "y": "y",
    "luminance": "y",
    "grey": "y",
    "gray": "y",
}
# Nuke calls the part or layer of plain R, G, B, A by these names.
_TOP_LEVEL_NAMES = frozenset({"rgba", "rgb"})


@dataclass(frozen=True)
class Part:
    """One part of a file, as its header describes it.

    Attributes:
        index: Place in the file, from 0.
        name: Name of the part, "" where it has none.
        channels: Channel names, in the order in which the reader hands them out.
        view: Stereo view that the part belongs to, "" where it belongs to none.

    """

    index: int
    name: str
    channels: tuple[str, ...]
    view: str = ""


@dataclass(frozen=True)
class LayerChannels:
    """The channels of one layer.

    Attributes:
        part: Index of the part that holds them.
        name: The layer as the file names it, "" for the top level.
        colour: Names of red, green and blue; of luminance alone; or none for a bare alpha.
        alpha: Name of the alpha channel, None where the layer is opaque.

    """

    part: int
    name: str
    colour: tuple[str, ...]
    alpha: str | None


@dataclass
class _Layer:
    """A layer while it is being collected: channels by component."""

    part: Part
    name: str
    component: dict[str, str] = field(default_factory=dict)

    @property
    def colour(self) -> tuple[str, ...] | None:
        if all(c in self.component for c in "rgb"):
            return tuple(self.component[c] for c in "rgb")
        if "y" in self.component:
            return (self.component["y"],)
        if set(self.component) == {"a"}:
            return ()
        return None

    @property
    def elements(self) -> list[str]:
        return _fold(self.name)

    def chosen(self) -> LayerChannels:
        colour = self.colour
        if colour is None:  # the callers choose among usable layers only
            raise ValueError(f"layer {self.name!r} holds no colour")
        return LayerChannels(self.part.index, self.name, colour, self.component.get("a"))


def layer_names(parts: Sequence[Part]) -> tuple[str, ...]:
    """Names of the layers that can be read as an image; "" stands for top-level R, G, B, A."""
    return tuple(layer.name for layer in _usable(parts))


def resolve_layer(
    parts: Sequence[Part], wanted: str | None = None, *, role: str = "", where: str = "this file"
) -> LayerChannels:
    """Find the channels of the layer that is asked for.

    Without a wish the order is: a layer named as the role, the top level, the only layer there is,
    Blender's `Combined`.

    Args:
        parts: Parts of the file.
        wanted: Layer name in any case, with or without what stands before it
            (`ViewLayer.hint` or `hint`); "rgba" means the top level; None leaves the choice.
        role: What the layer is for, "line" or "hint".
        where: The file, for messages.

    Raises:
        FileError: No such layer, more than one that fits, or stereo views.

    """
    views = sorted({part.view for part in parts if part.view})
    if len(views) > 1:
        raise FileError(
            f"{where} holds stereo views ({', '.join(views)}); write each view to its own file"
        )
    layers = _usable(parts)
    if not layers:
        channels = ", ".join(name for part in parts for name in part.channels[:8])
        raise FileError(
            f"{where} holds no layer with R, G, B or Y channels; its channels are: {channels}"
        )
    if wanted:
        return _named(layers, wanted, where)
    for choice in (role, "rgba"):
        found = _matching(layers, choice) if choice else []
        if len(found) == 1:
            return found[0].chosen()
    if len(layers) == 1:
        return layers[0].chosen()
    combined = _matching(layers, "combined")
    if len(combined) == 1:
        return combined[0].chosen()
    raise FileError(f"{where} holds several layers, say which one to use: {_listing(layers)}")


def _fold(name: str) -> list[str]:
    return name.casefold().split(".") if name else []


def _collect(parts: Sequence[Part]) -> list[_Layer]:
    """Every group of channels that share a part and a prefix, in file order."""
    layers: list[_Layer] = []
    for part in parts:
        by_prefix: dict[str, _Layer] = {}
        for channel in part.channels:
            prefix, _, last = channel.rpartition(".")
            component = _COMPONENTS.get(last.casefold())
            if component is None:
                continue
            if prefix not in by_prefix:
                # A part's name stands for the layer only where there are other parts to tell
                # it from: writers give single parts names that mean nothing.
                part_name = "" if len(parts) == 1 else part.name
                if part_name.casefold() in _TOP_LEVEL_NAMES:
                    part_name = ""
                by_prefix[prefix] = _Layer(part, prefix or part_name)
            by_prefix[prefix].component.setdefault(component, channel)
        layers.extend(by_prefix.values())
    return layers


def _usable(parts: Sequence[Part]) -> list[_Layer]:
    return [layer for layer in _collect(parts) if layer.colour is not None]


def _named(layers: list[_Layer], wanted: str, where: str) -> LayerChannels:
    found = _matching(layers, wanted)
    if not found:
        # Nuke shows a layer as "hint.rgba"; the file knows only "hint".
        head, _, last = wanted.rpartition(".")
        if head and last.casefold() in _TOP_LEVEL_NAMES:
            found = _matching(layers, head)
    if not found:
        raise FileError(f"{where} has no layer {wanted!r}; it has: {_listing(layers)}")
    if len(found) > 1:
        raise FileError(f"{where} has several layers {wanted!r}: {_listing(found)}; name one fully")
    return found[0].chosen()


def _matching(layers: list[_Layer], wanted: str) -> list[_Layer]:
    """Layers of that full name; else those whose name, else whose part's name, ends in it."""
    elements = _fold(wanted)
    if wanted.casefold() in _TOP_LEVEL_NAMES:
        top = [layer for layer in layers if not layer.name]
        if top:
            return top
    exact = [layer for layer in layers if layer.elements == elements]
    if exact:
        return exact
    tail = [layer for layer in layers if layer.elements[-len(elements) :] == elements]
    if tail:
        return tail
    return [layer for layer in layers if _fold(layer.part.name)[-len(elements) :] == elements]


def _listing(layers: list[_Layer]) -> str:
    return ", ".join(layer.name or "rgba (top level)" for layer in layers)
