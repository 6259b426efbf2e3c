"""Fetch and render a person's own animation as a shot to evaluate on; nothing of it is kept here.

    python benchmarks/prologue_kid.py --out out/prologue_kid

`prologue_kid.sif` ships with synfig's examples (Debian package synfig-examples, GPL-2+): 121 frames
of 288x504. Its layers split exactly, so three renders give the ink, the flat base paint and the
identity of every shape; they are written in the layout of samples/meadow, with a dab in every
region of the first frame. Use it to evaluate, never to train, and do not commit it.

Needs the program synfig; on Debian and Ubuntu:

    sudo apt-get install synfig synfig-examples

Where the examples are not installed, their package is fetched with `apt-get download` and unpacked
beside the result.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "samples"))
from layout import (
    paint_under_ink,
    palette_from_srgb,
    place_dabs,
    write_hint,
    write_json,
    write_line,
    write_truth,
)

FIRST_FRAME = 1001
EXAMPLE = Path("usr/share/doc/synfig-examples/examples/prologue_kid.sif")
BACKGROUND_SRGB = (226, 214, 180)  # the file's parchment, as one flat colour
SEED = 121

FILLS = {"region", "circle", "polygon", "rectangle", "star"}
OUTLINES = {"outline", "advanced_outline"}
# Blend methods that lay something down; the others (onto, multiply, ...) only shade what is there.
COMPOSITE, STRAIGHT, BEHIND = "0", "1", "12"
SYNFIG_GAMMA = 2.2  # of the images it writes
ID_LEVELS = 6  # of each channel: 0, 0.2, ... 1 are told apart whatever the gamma


class SetupError(RuntimeError):
    """Something that only the user can install is missing."""


def main(arguments: list[str] | None = None) -> int:
    """Render the shot; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the shot")
    parser.add_argument("--sif", type=Path, help="prologue_kid.sif, if it is somewhere else")
    parser.add_argument("--last", type=int, default=120, help="last frame of the animation, from 0")
    options = parser.parse_args(arguments)
    try:
        synfig = shutil.which("synfig")
        if synfig is None:
            raise SetupError("the program synfig is missing: sudo apt-get install synfig")
        options.out.mkdir(parents=True, exist_ok=True)
        source = options.sif or find_example(options.out)
        passes = {
            name: render(synfig, source, name, options.out / "passes" / name, options.last)
            for name in ("ink", "paint", "shape")
        }
    except (SetupError, subprocess.CalledProcessError) as error:
        print(f"prologue_kid: {error}", file=sys.stderr)
        return 2
    regions = convert(passes, options.out)
    print(f"{len(passes['ink'])} frames are in {options.out}; dabs on the first: {regions}")
    return 0


def find_example(folder: Path) -> Path:
    """The animation's file: as installed, or fetched from the distribution and unpacked."""
    for root in (Path("/"), folder / "package"):
        for path in (root / EXAMPLE, root / f"{EXAMPLE}.gz"):
            if path.exists():
                return path
    apt_get, dpkg_deb = shutil.which("apt-get"), shutil.which("dpkg-deb")
    if apt_get is None or dpkg_deb is None:
        raise SetupError(
            "no prologue_kid.sif: install the package synfig-examples, or give the file with --sif"
        )
    package = folder / "package"
    package.mkdir(exist_ok=True)
    subprocess.run([apt_get, "download", "synfig-examples"], cwd=package, check=True)
    archive = next(package.glob("synfig-examples_*.deb"))
    subprocess.run([dpkg_deb, "-x", archive.name, "."], cwd=package, check=True)
    return find_example(folder)


# ------------------------------------------------------------------------------------- the passes


def render(synfig: str, source: Path, name: str, folder: Path, last: int) -> list[Path]:
    """Render one pass of the animation to PNG files, in order of the frames."""
    data = source.read_bytes()
    if source.suffix == ".gz":
        data = gzip.decompress(data)
    root = ET.fromstring(data)  # noqa: S314 - the distribution's own file, or one the user names
    keep_only(root, name)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(
        parents=True
    )  # synfig writes nothing, and says nothing, where the folder is missing
    edited = folder / f"{name}.sif"
    ET.ElementTree(root).write(edited, encoding="UTF-8", xml_declaration=True)
    print(f"rendering the {name} pass ...", flush=True)
    command = [synfig, str(edited), "-o", str(folder / f"{name}.png"), "-t", "png", "-T", "2"]
    span = ["--begin-time", "0f", "--end-time", f"{last}f"]
    subprocess.run([*command, *span], check=True, capture_output=True)
    files = sorted(folder.glob("*.png"))
    if len(files) != last + 1:
        raise SetupError(f"synfig rendered {len(files)} frames of the {name} pass, not {last + 1}")
    return files


def keep_only(root: ET.Element, name: str) -> None:
    """Edit the animation so that it draws nothing but one pass.

    *ink*: outlines black, fills opaque white, so that they hide what is behind them. *paint*: base
    paint. *shape*: a colour that counts the fills. The last two without outlines and anti-aliasing.
    """
    root.set("bgcolor", "0 0 0 0")
    count = 0
    for layer in root.iter("layer"):
        if layer.get("active") == "false":
            continue
        kind, blend = layer.get("type"), _value(layer, "blend_method")
        lays_down = blend in (COMPOSITE, STRAIGHT, BEHIND)
        if kind == "PasteCanvas" and lays_down:
            continue
        colour = _colour(layer)
        is_black = colour is not None and max(colour[:3]) < 0.004
        is_translucent_shade = is_black and _value(layer, "amount") != "1.0000000000"
        is_kept = (kind in OUTLINES and name == "ink" and blend == COMPOSITE) or (
            kind in FILLS and lays_down and not is_translucent_shade
        )
        if kind in FILLS and is_kept and is_black and name != "ink":
            is_kept = False  # solid black is ink
        if not is_kept:
            layer.set("active", "false")
            continue
        if name != "ink":
            _set(layer, "antialias", "bool", "false")
        if name == "ink":
            grey = 0.0 if kind in OUTLINES or is_black else 1.0
            _set_colour(layer, (grey, grey, grey))
        elif name == "shape":
            count += 1
            levels = (count // ID_LEVELS**k % ID_LEVELS for k in range(3))
            red, green, blue = (level / (ID_LEVELS - 1) for level in levels)
            _set_colour(layer, (red, green, blue))


def _param(layer: ET.Element, name: str) -> ET.Element | None:
    return next((p for p in layer.findall("param") if p.get("name") == name), None)


def _value(layer: ET.Element, name: str) -> str | None:
    param = _param(layer, name)
    child = None if param is None or not len(param) else param[0]
    return None if child is None else child.get("value")


def _colour(layer: ET.Element) -> tuple[float, ...] | None:
    """The layer's own constant colour; None where it is shared or animated: never black here."""
    param = _param(layer, "color")
    colour = None if param is None else param.find("color")
    if colour is None:
        return None
    return tuple(float(colour.findtext(channel, "0")) for channel in "rgba")


def _cleared(layer: ET.Element, name: str) -> ET.Element:
    param = _param(layer, name)
    if param is None:
        return ET.SubElement(layer, "param", {"name": name})
    for child in list(param):
        param.remove(child)
    param.attrib = {"name": name}
    return param


def _set(layer: ET.Element, name: str, kind: str, value: str) -> None:
    ET.SubElement(_cleared(layer, name), kind, {"value": value})


def _set_colour(layer: ET.Element, rgb: tuple[float, float, float]) -> None:
    element = ET.SubElement(_cleared(layer, "color"), "color")
    for channel, value in zip("rgba", (*rgb, 1.0), strict=True):
        ET.SubElement(element, channel).text = f"{value:.6f}"


# ----------------------------------------------------------------------------------- the shot


def convert(passes: dict[str, list[Path]], out: Path) -> int:
    """Write the passes as a shot in the layout of the samples; return the number of dabs."""
    for name in ("line", "hint", "truth"):
        (out / name).mkdir(exist_ok=True)
    frames = [
        (read_ink(ink), read_shape(shape), read_rgba(paint)[..., :3])
        for ink, shape, paint in zip(passes["ink"], passes["shape"], passes["paint"], strict=True)
    ]
    colour_of = shape_colours(frames)
    srgb = [BACKGROUND_SRGB, *sorted(set(colour_of.values()) - {BACKGROUND_SRGB})]
    names = ["background", *(f"paint {k}" for k in range(1, len(srgb)))]
    palette = palette_from_srgb(names, np.array(srgb, np.uint8))
    index_of = np.zeros(ID_LEVELS**3, np.int32)
    for shape, colour in colour_of.items():
        index_of[shape] = srgb.index(colour) + 1
    dabs = []
    for k, (ink, drawn, _) in enumerate(frames):
        frame = FIRST_FRAME + k
        shape_id = paint_under_ink(ink, drawn)
        write_line(out / "line" / f"line.{frame:04d}.exr", ink, frame)
        write_truth(out / "truth", frame, index_of[shape_id], shape_id)
        if k == 0:
            dabs = place_dabs(ink, index_of[shape_id], np.random.default_rng(SEED))
            write_hint(out / "hint" / f"hint.{frame:04d}.exr", palette, dabs, ink.shape, frame)
    palette.write(out / "palette.json")
    rows = [
        {"id": shape, "of": "kid" if shape else "background", "palette_index": int(index_of[shape])}
        for shape in sorted(colour_of)
    ]
    write_json(out / "shapes.json", rows)
    return len(dabs)


def read_rgba(path: Path) -> NDArray[np.uint8]:
    """(H, W, 4) uint8, straight RGBA."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None or image.shape[2] != 4:
        raise SetupError(f"{path}: expected an RGBA image from synfig")
    return np.ascontiguousarray(image[..., [2, 1, 0, 3]])


def read_ink(path: Path) -> NDArray[np.uint8]:
    """(H, W) uint8, coverage: what is black and there.

    Synfig mixes ink and paper in linear light, so its gamma must come off before grey is coverage.
    """
    rgba = read_rgba(path).astype(np.float32) / 255.0
    ink = (1.0 - rgba[..., 1] ** SYNFIG_GAMMA) * rgba[..., 3]
    return np.rint(ink * 255.0).astype(np.uint8)


def read_shape(path: Path) -> NDArray[np.int32]:
    """(H, W) int32, the number of the fill, 0 where there is none."""
    rgba = read_rgba(path).astype(np.float32) / 255.0
    levels = np.rint(rgba[..., :3] ** SYNFIG_GAMMA * (ID_LEVELS - 1)).astype(np.int32)
    shape = levels @ np.array([1, ID_LEVELS, ID_LEVELS**2], np.int32)
    return np.where(rgba[..., 3] >= 0.5, shape, 0).astype(np.int32)


def shape_colours(
    frames: list[tuple[NDArray[np.uint8], NDArray[np.int32], NDArray[np.uint8]]],
) -> dict[int, tuple[int, int, int]]:
    """The colour that most of a shape's pixels show, over the shot."""
    found: dict[int, dict[tuple[int, int, int], int]] = {}
    for _, shape, paint in frames:
        packed = shape.astype(np.int64) << 24
        for k, shift in enumerate((16, 8, 0)):
            packed |= paint[..., k].astype(np.int64) << shift
        values, counts = np.unique(packed, return_counts=True)
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            colour = (value >> 16 & 255, value >> 8 & 255, value & 255)
            votes = found.setdefault(value >> 24, {})
            votes[colour] = votes.get(colour, 0) + count
    colours = {shape: max(votes, key=lambda c: votes[c]) for shape, votes in found.items()}
    colours[0] = BACKGROUND_SRGB
    return colours


if __name__ == "__main__":
    sys.exit(main())
