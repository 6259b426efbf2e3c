"""Arrays in, arrays out: colours line art from hints. It knows no files and no hosts."""

from typing import TYPE_CHECKING

from .colorize import Finish, colorize_sequence, flow_order, upstream_of
from .errors import DeviceError, EngineError, FrameError, SettingsError, WeightsError
from .frames import DAB_ALPHA, Contradiction, PaintedFrame, dabs_in, ink_of
from .settings import FlatSettings

if TYPE_CHECKING:
    from .painted.settings import PaintedSettings

__all__ = [
    "DAB_ALPHA",
    "Contradiction",
    "DeviceError",
    "EngineError",
    "Finish",
    "FlatSettings",
    "FrameError",
    "PaintedFrame",
    "PaintedSettings",
    "SettingsError",
    "WeightsError",
    "colorize_sequence",
    "dabs_in",
    "flow_order",
    "ink_of",
    "upstream_of",
]


def __getattr__(name: str) -> object:
    if name == "PaintedSettings":  # its module imports torch, which the flat finish can do without
        from .painted.settings import PaintedSettings  # noqa: PLC0415

        return PaintedSettings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
