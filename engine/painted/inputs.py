"""What the network sees: line art, hints and the previous frame as channels of one tensor."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .generator import Preset, pad_frame
from .guides import Division, divide, hint_fill, memory_fill

LINE = slice(0, 1)
HINT = slice(1, 4)
PREVIOUS = slice(4, 7)
HINT_MASK = slice(7, 8)
GUIDES = slice(8, 16)

# A dab counts where its alpha is at least this; a half-transparent brush edge is no exact colour.
HINT_ALPHA = 0.5


def network_input(
    preset: Preset,
    grey: NDArray[np.uint8],
    hint_rgba: NDArray[np.floating] | None,
    previous_srgb: NDArray[np.float32] | None,
    *,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Lay out one frame for `Generator.forward` or `GuidedGenerator.forward`.

    Args:
        preset: Which channels there are.
        grey: (H, W) uint8, line art or greyscale, 255 is paper.
        hint_rgba: (H, W, 4) straight RGBA in the working space, or None for no hints. Hints stand
            on black (section 4.2 of the paper); colours are clamped to [0, 1], NaN is black.
        previous_srgb: (H, W, 3) in [0, 1], the previous frame as painted; None for the first frame,
            which follows a blank one: zeros (section 4.2).
        dtype: Of the tensor; a guided network always gets float32, as it hands colours on.

    Returns:
        (1, preset.inputs, H', W') on the CPU, channels-last, in [0, 1]; padded by `pad_frame`, but
        not for a guided network.

    """
    height, width = grey.shape
    dtype = torch.float32 if preset.is_guided else dtype
    frame = torch.zeros((height, width, preset.inputs), dtype=dtype)
    frame[..., LINE] = torch.from_numpy(np.ascontiguousarray(grey))[..., None].float().div_(255.0)
    if hint_rgba is not None:
        hint = torch.from_numpy(np.ascontiguousarray(hint_rgba, dtype=np.float32))
        is_hinted = hint[..., 3:] >= HINT_ALPHA
        colour = hint[..., :3].nan_to_num(nan=0.0).clamp_(0.0, 1.0)
        frame[..., HINT] = torch.where(is_hinted, colour, 0.0).to(dtype)
        if preset.has_hint_mask:
            frame[..., HINT_MASK] = is_hinted.to(dtype)
    if previous_srgb is not None:
        frame[..., PREVIOUS] = torch.from_numpy(np.ascontiguousarray(previous_srgb)).to(dtype)
    batch = frame.permute(2, 0, 1)[None]  # (1, inputs, H, W), channels-last as it lies
    if preset.is_guided:
        batch[:, GUIDES] = guides(batch[:, : GUIDES.start], divide(preset, [grey]))
        return batch
    return pad_frame(batch).contiguous(memory_format=torch.channels_last)


def batch_input(
    preset: Preset,
    *,
    line: Tensor,
    hint: Tensor,
    hint_mask: Tensor,
    previous: Tensor | None,
    division: Division | None = None,
) -> Tensor:
    """Lay out a batch of frames, as `network_input` does one.

    Args:
        preset: Which channels there are.
        line: (N, 1, H, W) float32 in [0, 1], 1 is paper.
        hint: (N, 3, H, W) sRGB in [0, 1] on black.
        hint_mask: (N, 1, H, W), 1 where a hint lies, else 0.
        previous: (N, 3, H, W) sRGB in [0, 1], the previous frames; None for first frames.
        division: For a guided network, see `divide`; on the same device.

    Returns:
        (N, preset.inputs, H, W) float32, channels-last, not padded; gradients flow into `previous`.

    Raises:
        ValueError: The preset is guided and there is no division.

    """
    if previous is None:
        previous = torch.zeros_like(hint)
    channels = [line, hint, previous]
    if preset.has_hint_mask:
        channels.append(hint_mask)
    if preset.is_guided:
        if division is None:
            raise ValueError(f"{preset.name} sees regions; division is None")
        channels.append(guides(torch.cat(channels, dim=1).detach(), division))
    return torch.cat(channels, dim=1).contiguous(memory_format=torch.channels_last)


def guides(frame: Tensor, division: Division) -> Tensor:
    """What a guided network sees beside line art, hints and the previous frame.

    Args:
        frame: (N, 8, H, W) float32: line art, hint RGB, previous RGB and the hint's mask.
        division: The frames' regions, on the same device.

    Returns:
        (N, 8, H, W) float32 in [0, 1]: hint fill, its support, memory fill, its agreement.

    """
    previous = frame[:, PREVIOUS]
    regions = (division.label, division.regions)
    hints = hint_fill(
        division.paper, frame[:, HINT], frame[:, HINT_MASK], *regions, is_ink=division.is_ink
    )
    if not previous.any():  # first frames: nothing to fill with
        return torch.cat([*hints, torch.zeros_like(frame[:, :4])], dim=1)
    return torch.cat([*hints, *memory_fill(division.paper, previous, *regions)], dim=1)
