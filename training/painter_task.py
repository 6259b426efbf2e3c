"""What is learned from a batch of clips: the painter paints them frame by frame, and is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from celtint.engine.painted.generator import PRESETS, Generator
from celtint.engine.painted.guided import GuidedGenerator
from celtint.engine.painted.guides import divide
from celtint.engine.painted.inputs import batch_input
from celtint.engine.painted.weights import build_generator

from .config import Config
from .data.clips import ClipBatch
from .discriminator import SequenceDiscriminator, sequence_of
from .losses import content_loss, judged_painted, judged_real, l1_loss, style_loss
from .perceptual import PerceptualNetwork, load_perceptual

Backward = Callable[[Tensor], None]
Module = TypeVar("Module", bound=nn.Module)


@dataclass
class Judged:
    """What came of a batch.

    Attributes:
        losses: Mean over frames of every term, unweighted, detached.
        painted: (B, T, 3, H, W) float32, detached.

    """

    losses: dict[str, Tensor] = field(default_factory=dict)
    painted: Tensor = field(default_factory=lambda: torch.empty(0))


class PainterTask:
    """Generator, discriminator and perceptual network, and how they are trained together.

    Args:
        config: The run; what has no weight is not built.
        device: Where the networks live.
        autocast: Makes the context in which networks run.
        generator: To go on from; else a new one.

    Raises:
        DataError: The perceptual network's weights are missing or wrong.
        ConfigError: The network cannot have this width or number of blocks.

    """

    def __init__(
        self,
        config: Config,
        device: torch.device,
        autocast: Callable[[], AbstractContextManager[object]],
        generator: Generator | GuidedGenerator | None = None,
    ) -> None:
        self.config = config
        self.preset = PRESETS[config.model.network]
        self.device = device
        self._autocast = autocast
        if generator is None:
            size = {"width": config.model.width, "blocks": config.model.blocks}
            generator = build_generator(self.preset, **size)
        self.generator = _placed(generator, device)
        self.discriminator: SequenceDiscriminator | None = None
        if config.loss.adversarial:
            judge = SequenceDiscriminator(width=config.model.discriminator_width)
            self.discriminator = _placed(judge, device)
        self.perceptual: PerceptualNetwork | None = None
        if config.loss.content or config.loss.style:
            file = Path(config.loss.perceptual_file) if config.loss.perceptual_file else None
            self.perceptual = _placed(load_perceptual(config.loss.perceptual, file), device)
        self._paint: Callable[[Tensor], Tensor] = (
            torch.compile(self.generator) if config.run.compile else self.generator
        )

    def judge(self, clips: ClipBatch, backward: Backward) -> Judged:
        """Paint clips on the painter's own output and collect the gradients of both networks.

        The first frame follows a blank one. Every later frame is conditioned on the frame painted
        before it, or, for the baseline, on the true one. Gradients are of the mean over frames.

        Args:
            clips: On the device.
            backward: Called with losses of which gradients are to be collected.

        """
        rollout, frames = self.config.rollout, clips.line.shape[1]
        sums: dict[str, Tensor] = {}
        shown = []
        pending: list[Tensor] = []
        before: _Before | None = None
        for index in range(frames):
            frame = _Frame(clips, index)
            painted = self.paint(
                frame.line, frame.hint, frame.hint_mask, None if before is None else before.frame
            )
            target = self._target(clips, index)
            if self.discriminator is not None:
                taught = self._discriminator_loss(frame, before, painted.detach(), target)
                backward(taught / frames)
                _add(sums, "discriminator", taught)
            for name, term in self._terms(frame, before, painted, target).items():
                _add(sums, name, term)
                pending.append(getattr(self.config.loss, name) * term / frames)
            is_last = index == frames - 1
            if is_last or (index + 1) % rollout.back_through == 0:
                backward(torch.stack(pending).sum())
                pending, painted = [], painted.detach()
            shown.append(painted.detach())
            follows = target if rollout.previous == "true" else painted
            before = _Before(frame.line, follows, target)
        losses = {name: value / frames for name, value in sums.items()}
        return Judged(losses, torch.stack(shown, dim=1))

    def paint(
        self, line: Tensor, hint: Tensor, hint_mask: Tensor, previous: Tensor | None
    ) -> Tensor:
        """One frame of a batch: (N, 3, H, W) float32 in [0, 1]; see `batch_input`."""
        division = None
        if self.preset.is_guided:
            grey = (line[:, 0] * 255).round().to("cpu", torch.uint8).numpy()
            division = divide(self.preset, list(grey)).to(self.device)
        seen = batch_input(
            self.preset,
            line=line,
            hint=hint,
            hint_mask=hint_mask,
            previous=previous,
            division=division,
        )
        with self._autocast():
            painted = self._paint(seen)
        return painted.float()

    def _target(self, clips: ClipBatch, index: int) -> Tensor:
        return (clips.paint if self.config.batch.target == "paint" else clips.truth)[:, index]

    def _discriminator_loss(
        self, frame: _Frame, before: _Before | None, painted: Tensor, target: Tensor
    ) -> Tensor:
        """Equation 2, half for true and half for painted sequences."""
        assert self.discriminator is not None  # noqa: S101 - the caller has asked
        line_before = None if before is None else before.line
        own_before = None if before is None else before.frame.detach()
        true_before = None if before is None else before.truth
        real = sequence_of(line_before, true_before, frame.line, target)
        fake = sequence_of(line_before, own_before, frame.line, painted)
        both = torch.cat([real, fake]).contiguous(memory_format=torch.channels_last)
        with self._autocast():
            # One pass for both: spectral normalisation takes one step of its power iteration.
            on_real, on_fake = self.discriminator(both).chunk(2)
        return (judged_real(on_real) + judged_painted(on_fake)) / 2

    def _terms(
        self, frame: _Frame, before: _Before | None, painted: Tensor, target: Tensor
    ) -> dict[str, Tensor]:
        """The terms of equation 5 that have a weight, for one frame of every clip."""
        weights = self.config.loss
        terms: dict[str, Tensor] = {}
        if weights.l1:
            terms["l1"] = l1_loss(painted, target)
        if self.perceptual is not None:
            with self._autocast():
                with torch.no_grad():
                    of_truth = self.perceptual.for_losses(_channels_last(target))
                of_painted = self.perceptual.for_losses(_channels_last(painted))
            if weights.content:
                terms["content"] = content_loss(of_painted, of_truth)
            if weights.style:
                terms["style"] = style_loss(of_painted, of_truth)
        if self.discriminator is not None:
            line_before = None if before is None else before.line
            frame_before = None if before is None else before.frame
            sequence = sequence_of(line_before, frame_before, frame.line, painted)
            with _frozen(self.discriminator), self._autocast():
                terms["adversarial"] = judged_real(self.discriminator(_channels_last(sequence)))
        return terms


@dataclass(frozen=True)
class _Before:
    """The frame before: its line art, what the painter was conditioned on, and the truth."""

    line: Tensor
    frame: Tensor
    truth: Tensor


class _Frame:
    """One frame of every clip."""

    def __init__(self, clips: ClipBatch, index: int) -> None:
        self.line = clips.line[:, index]
        self.hint = clips.hint[:, index]
        self.hint_mask = clips.hint_mask[:, index]


def _placed(module: Module, device: torch.device) -> Module:
    return module.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def _add(sums: dict[str, Tensor], name: str, value: Tensor) -> None:
    sums[name] = sums[name] + value.detach() if name in sums else value.detach()


@contextmanager
def _frozen(module: nn.Module) -> Iterator[None]:
    """Gradients pass through a network but do not collect in it."""
    module.requires_grad_(False)
    try:
        yield
    finally:
        module.requires_grad_(True)
