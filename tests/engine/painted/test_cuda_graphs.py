import pytest
import torch

from celtint.engine.device import choose_device
from celtint.engine.painted.cuda_graphs import GraphedGenerator
from celtint.engine.painted.settings import PaintedSettings
from celtint.engine.painted.whole_frame import FrameGenerator

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")


def half_frame(height, width):
    frame = torch.rand(1, 7, height, width, dtype=torch.float16, device="cuda")
    return frame.contiguous(memory_format=torch.channels_last)


@pytest.mark.cuda
@needs_cuda
def test_a_graph_replays_what_the_network_computes_for_each_size(weights):
    frames = FrameGenerator(weights().generator, choose_device("cuda", precision="fp16"))
    graphed = GraphedGenerator(frames)
    for height, width in ((32, 48), (32, 48), (64, 16), (32, 48)):
        frame = half_frame(height, width)
        assert (graphed(frame) - frames(frame)).abs().max() < 1e-2


@pytest.mark.cuda
@needs_cuda
def test_a_frame_in_strips_runs_without_a_graph(weights):
    device = choose_device("cuda", precision="fp16")
    frames = FrameGenerator(weights().generator, device, PaintedSettings(strip_rows=8))
    whole = FrameGenerator(weights().generator, device)
    frame = half_frame(32, 48)
    assert (GraphedGenerator(frames)(frame) - whole(frame)).abs().max() < 1e-2
