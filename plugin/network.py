"""What a run needs to know about the painted finish's network before it begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celtint.engine import PaintedSettings

    from .job import Job


@dataclass(frozen=True)
class Network:
    """The network of a run.

    Attributes:
        name: What the registry calls its weights, or their file.
        sha256: Of the weight file, in hexadecimal.
        arithmetic: Device and number type: they change pictures by rounding, and a shot should not
            change its rounding in the middle.

    """

    name: str
    sha256: str
    arithmetic: str


def find_network(job: Job, settings: PaintedSettings) -> Network:
    """Look up the weights and the device of a job.

    Raises:
        WeightsError: There are no such weights, or they do not fit.
        DeviceError: The device is not there.

    """
    # Only here: torch takes seconds to import, and the flat finish has no use for it.
    from celtint.engine.device import choose_device  # noqa: PLC0415
    from celtint.engine.painted.weights import load_weights  # noqa: PLC0415

    device = choose_device(job.device, precision=settings.precision)
    weights = load_weights(job.model, is_shared=True)  # the painter takes the same
    arithmetic = f"{device.torch_device.type} {str(device.dtype).removeprefix('torch.')}"
    return Network(weights.name, weights.sha256, arithmetic)
