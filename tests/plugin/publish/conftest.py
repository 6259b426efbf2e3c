"""A small painted shot, and a way to tamper with its files."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
import pytest
from numpy.typing import NDArray

from celtint.plugin.events import Finished
from celtint.plugin.run import run_job

Change = Callable[[dict[str, NDArray[Any]]], None]


@pytest.fixture
def painted(shot):
    """Six frames, painted; the box is red, the disc blue, the paper sand."""
    last = run_job(shot.job(), lambda event: None, threading.Event())
    assert isinstance(last, Finished)
    return shot


@pytest.fixture
def tamper() -> Callable[..., None]:
    """Rewrite a frame: pixels, metadata, channels or windows, as a careless program would."""

    def rewrite(
        path: Path,
        change: Change = lambda planes: None,
        *,
        drop: tuple[str, ...] = (),
        without: tuple[str, ...] = (),
        kind: str = "half",
        display: tuple[int, int, int, int] | None = None,
        **attributes: Any,
    ) -> None:
        source = OpenImageIO.ImageInput.open(str(path))
        spec, pixels = source.spec(), source.read_image(0, 0, 0, source.spec().nchannels, kind)
        source.close()
        planes = {name: pixels[..., i].copy() for i, name in enumerate(spec.channelnames)}
        change(planes)
        for name in drop:
            del planes[name]
        new = OpenImageIO.ImageSpec(spec.width, spec.height, len(planes), kind)
        new.channelnames = tuple(planes)
        for attribute in spec.extra_attribs:
            new.attribute(attribute.name, attribute.type, attribute.value)
        for name in without:
            new.erase_attribute(name)
        for name, value in attributes.items():
            new.attribute(name.replace("__", ":"), value)
        new.x, new.y = spec.x, spec.y
        window = display or (spec.full_x, spec.full_y, spec.full_width, spec.full_height)
        new.full_x, new.full_y, new.full_width, new.full_height = window
        target = OpenImageIO.ImageOutput.create(str(path))
        assert target.open(str(path), new), target.geterror()
        stacked = np.ascontiguousarray(np.stack(list(planes.values()), axis=-1))
        assert target.write_image(stacked), target.geterror()
        assert target.close()

    return rewrite
