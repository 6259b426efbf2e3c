"""What can go wrong in the engine. Messages speak of arrays: expected and got."""


class EngineError(Exception):
    """Base of every error that the engine raises on purpose."""


class FrameError(EngineError, ValueError):
    """A line-art frame, a hint or a sequence of them is not what the docstring asks for."""


class SettingsError(EngineError, ValueError):
    """A setting is out of range, or two of them contradict each other."""


class WeightsError(EngineError, OSError):
    """A weight file is missing, is not safetensors, or does not fit the network."""


class DeviceError(EngineError, RuntimeError):
    """The device that was asked for is not there."""
