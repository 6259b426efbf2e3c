"""The frame generator as a CUDA graph: one launch for the whole network instead of hundreds."""

from __future__ import annotations

import torch
from torch import Tensor

from .whole_frame import FrameGenerator

# Memory pools and the choice of algorithms settle in the first runs, which must not be captured.
WARM_UPS = 2


class GraphedGenerator:
    """Replays a captured graph for frames of the size it last saw; captures one for a new size.

    Frames that have to be computed in several strips are run without a graph: merging their
    statistics copies from the host, which a graph cannot hold.
    """

    def __init__(self, frames: FrameGenerator) -> None:
        self._frames = frames
        self._graph: torch.cuda.CUDAGraph | None = None
        self._input: Tensor | None = None
        self._painted: Tensor | None = None

    def __call__(self, frame: Tensor) -> Tensor:
        """As `FrameGenerator.__call__`; the result is overwritten by the next call."""
        _, _, height, width = frame.shape
        if self._frames.strip_rows(height, width) < height:
            return self._frames(frame)
        if self._input is None or self._input.shape != frame.shape:
            self._capture(frame)
        assert self._input is not None  # noqa: S101 - captured just now
        assert self._painted is not None  # noqa: S101
        assert self._graph is not None  # noqa: S101
        self._input.copy_(frame)
        self._graph.replay()
        return self._painted

    def _capture(self, frame: Tensor) -> None:
        # The last graph's memory goes before the next one's is taken.
        self._graph = self._input = self._painted = None
        device = frame.device
        static = frame.clone(memory_format=torch.channels_last)
        stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(stream):
            for _ in range(WARM_UPS):
                self._frames(static)
        torch.cuda.current_stream(device).wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.device(device), torch.cuda.graph(graph):
            painted = self._frames(static)
        self._graph, self._input, self._painted = graph, static, painted
