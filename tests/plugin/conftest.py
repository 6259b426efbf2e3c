"""A small shot of real files: six frames of a box that moves past a disc, dabs on the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenImageIO
import pytest
import torch
from numpy.typing import NDArray

import celtint.plugin.reading
from celtint.engine.painted.generator import PRESETS, Generator
from celtint.engine.painted.weights import build_generator, save_weights
from celtint.plugin.job import Job, Output, Source

WIDTH, HEIGHT = 64, 48
FRAMES = range(1001, 1007)
RED, BLUE, SAND = (0.8, 0.1, 0.05), (0.1, 0.3, 0.7), (0.9, 0.85, 0.7)


def write_exr(
    path: Path,
    pixels: NDArray[Any],
    channels: Sequence[str] = ("R", "G", "B", "A"),
    *,
    origin: tuple[int, int] = (0, 0),
    display: tuple[int, int, int, int] | None = None,
    **attributes: Any,
) -> Path:
    """Write half-float channels; `display` is x, y, width, height (None: the data window)."""
    height, width = pixels.shape[:2]
    spec = OpenImageIO.ImageSpec(width, height, len(channels), "half")
    spec.channelnames = tuple(channels)
    spec.x, spec.y = origin
    spec.full_x, spec.full_y, spec.full_width, spec.full_height = display or (
        *origin,
        width,
        height,
    )
    spec.attribute("compression", "zip")
    for name, value in attributes.items():
        spec.attribute(name, value)
    output = OpenImageIO.ImageOutput.create(str(path))
    assert output is not None, OpenImageIO.geterror()
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(np.ascontiguousarray(pixels, np.float16)), output.geterror()
    assert output.close()
    return path


def read_exr(path: Path) -> dict[str, NDArray[np.float16]]:
    """Every channel of a file by its name, as stored."""
    image = OpenImageIO.ImageInput.open(str(path))
    assert image is not None, OpenImageIO.geterror()
    try:
        spec = image.spec()
        pixels = image.read_image("half")
        assert pixels is not None, image.geterror()
    finally:
        image.close()
    return {name: pixels[..., i] for i, name in enumerate(spec.channelnames)}


def metadata(path: Path) -> dict[str, Any]:
    """The attributes of a file by name."""
    image = OpenImageIO.ImageInput.open(str(path))
    assert image is not None, OpenImageIO.geterror()
    found = {attribute.name: attribute.value for attribute in image.spec().extra_attribs}
    image.close()
    return found


def drawing(step: int, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.float32]:
    """Premultiplied black ink, (H, W, 4): a box that moves by two pixels a step, and a disc."""
    ink = np.zeros((height, width), np.uint8)
    scale = min(width / WIDTH, height / HEIGHT)
    x = int((6 + 2 * step) * scale)
    box = (x, int(10 * scale)), (x + int(16 * scale), int(30 * scale))
    cv2.rectangle(ink, *box, 255, 2, cv2.LINE_8)
    centre = (int(48 * scale), int(24 * scale))
    cv2.circle(ink, centre, int(9 * scale), 255, 2, cv2.LINE_AA)
    rgba = np.zeros((height, width, 4), np.float32)
    rgba[..., 3] = ink / 255.0
    return rgba


def dabs(width: int = WIDTH, height: int = HEIGHT, step: int = 0) -> NDArray[np.float32]:
    """Hints for a step: the box red, the disc blue, the paper sand; opaque."""
    hint = np.zeros((height, width, 4), np.float32)
    scale = min(width / WIDTH, height / HEIGHT)
    for (x, y), colour in (((12 + 2 * step, 18), RED), ((46, 22), BLUE), ((2, 2), SAND)):
        x0, y0, side = int(x * scale), int(y * scale), max(int(4 * scale), 2)
        hint[y0 : y0 + side, x0 : x0 + side] = (*colour, 1.0)
    return hint


@dataclass(frozen=True)
class Shot:
    """A shot on disk; its files may be changed by a test before it is painted."""

    folder: Path

    write = staticmethod(write_exr)
    read = staticmethod(read_exr)
    metadata = staticmethod(metadata)
    drawing = staticmethod(drawing)
    dabs = staticmethod(dabs)

    def line(self, frame: int) -> Path:
        return self.folder / "line" / f"line.{frame:04}.exr"

    def hint(self, frame: int) -> Path:
        return self.folder / "hint" / f"hint.{frame:04}.exr"

    def paint(self, frame: int) -> Path:
        return self.folder / "paint" / f"paint.{frame:04}.exr"

    @property
    def painted(self) -> list[int]:
        """The frames that are there to see."""
        return sorted(
            int(path.name.split(".")[1]) for path in self.folder.glob("paint/paint.*.exr")
        )

    def job(self, **changes: Any) -> Job:
        values: dict[str, Any] = {
            "line": Source(str(self.folder / "line" / "line.####.exr")),
            "hint": Source(str(self.folder / "hint" / "hint.####.exr")),
            "out": Output(str(self.folder / "paint" / "paint.####.exr")),
            "device": "cpu",
        }
        return Job(**values | changes)

    def tree(self) -> dict[str, bytes]:
        """Every file under the output folder, hidden ones too, by name."""
        root = self.folder / "paint"
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network far too small to paint well, with random weights."""
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_weights(Generator(inputs=8, width=4, blocks=1), path)
    return path


@pytest.fixture(scope="session")
def guided_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of our own network, which needs the drawing before as well."""
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("weights") / "guided.safetensors"
    save_weights(build_generator(PRESETS["guided"], width=4, blocks=1), path)
    return path


@pytest.fixture
def shot(tmp_path: Path) -> Shot:
    """Six frames of line art and one of hints."""
    made = Shot(tmp_path)
    (tmp_path / "line").mkdir()
    (tmp_path / "hint").mkdir()
    for step, frame in enumerate(FRAMES):
        write_exr(made.line(frame), drawing(step))
    write_exr(made.hint(FRAMES[0]), dabs())
    return made


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by the name of every file whose pixels are read."""
    names: list[str] = []
    read_layer = celtint.plugin.reading.read_layer

    def spy(path: Path, *arguments: Any, **options: Any) -> Any:
        names.append(path.name)
        return read_layer(path, *arguments, **options)

    monkeypatch.setattr(celtint.plugin.reading, "read_layer", spy)
    return names
