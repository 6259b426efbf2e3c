"""Arrays in, arrays out: colours line art from hints. It knows no files and no hosts."""

from .colorize import Finish, colorize_sequence, flow_order
from .errors import DeviceError, EngineError, FrameError, SettingsError, WeightsError
from .frames import DAB_ALPHA, Contradiction, PaintedFrame, dabs_in, ink_of
from .settings import FlatSettings, PaintedSettings

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
]
