"""The paper's generator as celtint runs it, beside the same network run plainly.

Plainly means: `Generator.forward` in float32, default memory layout, eager. Both run in turn in one
process, together with a bf16 matrix product whose rate is what the machine can do at best. Peak
memory is that of a fresh process that paints one frame, everything included.

Example:
    python benchmarks/network.py --size 256x256 --size 1920x1080 --repeats 5

"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from celtint.engine.device import Device, choose_device
from celtint.engine.painted.generator import PRESETS, Generator, padded_size
from celtint.engine.painted.inputs import network_input
from celtint.engine.painted.painter import NetworkPainter
from celtint.engine.painted.weights import LoadedWeights, load_weights
from celtint.engine.painted.whole_frame import FrameGenerator

MATRIX = 2048  # rows and columns of the product; larger ones ran no faster


@dataclass
class Row:
    """One size, measured. Times in seconds, the least and the median over the repeats."""

    size: str
    gflop: float
    plain_s: float
    plain_median_s: float
    ours_s: float
    ours_median_s: float
    speedup: float
    ours_gflops: float
    matmul_bf16_gflops: float
    share_of_matmul: float
    max_difference_255: float
    p999_difference_255: float
    fp32_max_difference: float
    peak_mb: float
    precision: str


def main() -> int:
    """Run the benchmark and print its table."""
    options = _options()
    if options.peak:
        _paint_once(options.peak, options)
        print(_own_peak_mb())
        return 0
    if options.threads:
        torch.set_num_threads(options.threads)
    rows = [_measure(size, options) for size in options.size or [(256, 256), (1920, 1080)]]
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        _print_table(rows)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--size", type=_size, action="append", help="WIDTHxHEIGHT; may be given several times"
    )
    parser.add_argument("--repeats", type=int, default=5, help="runs of each, in turn (default 5)")
    parser.add_argument(
        "--precision", default="auto", help="of ours: auto, fp32, bf16 or fp16 (default auto)"
    )
    parser.add_argument("--model", help="weights; without, as the paper initialises them")
    parser.add_argument("--threads", type=int, help="of PyTorch (default: its own choice)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--peak", type=_size, help="only paint one frame; print peak memory in MB (Linux)"
    )
    return parser.parse_args()


def _size(text: str) -> tuple[int, int]:
    width, height = text.lower().split("x")
    return int(width), int(height)


def _weights(model: str | None) -> LoadedWeights:
    if model:
        return load_weights(model)
    torch.manual_seed(0)
    return LoadedWeights(Generator().eval(), PRESETS["paper2019"], "initial", "")


def _drawing(width: int, height: int) -> np.ndarray:
    """(height, width) uint8 line art: anti-aliased outlines on white paper."""
    rng = np.random.default_rng(0)
    grey = np.full((height, width), 255, np.uint8)
    for _ in range(24):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = tuple(int(v) for v in rng.integers(height // 20 + 1, height // 3 + 2, 2))
        cv2.ellipse(grey, centre, axes, float(rng.integers(180)), 0, 360, 0, 2, cv2.LINE_AA)
    return grey


def _hints(width: int, height: int) -> np.ndarray:
    """(height, width, 4) float32: 4x4 patches of colour on one percent of the places."""
    rng = np.random.default_rng(1)
    hint = np.zeros((height, width, 4), np.float32)
    for _ in range(max(1, width * height // 1600)):
        y, x = 4 * int(rng.integers(height // 4)), 4 * int(rng.integers(width // 4))
        hint[y : y + 4, x : x + 4] = (*rng.random(3), 1.0)
    return hint


def _paint_once(size: tuple[int, int], options: argparse.Namespace) -> None:
    """Through the painter's own door, as a run does it."""
    device = choose_device("cpu", precision=options.precision)
    painter = NetworkPainter(_weights(options.model), device)
    painter.step(None, _drawing(*size), _hints(*size))


def _own_peak_mb() -> float:
    # Not getrusage: what it says of a fresh process includes the one that started it.
    status = Path("/proc/self/status").read_text()
    peak_kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak_kib) * 1024 / 1e6


def _measure(size: tuple[int, int], options: argparse.Namespace) -> Row:
    width, height = size
    weights = _weights(options.model)
    device = choose_device("cpu", precision=options.precision)
    drawing, hints = _drawing(width, height), _hints(width, height)
    previous = cv2.GaussianBlur(hints[..., :3], (0, 0), 8)
    x = network_input(weights.preset, drawing, hints, previous).contiguous()
    ours = FrameGenerator(weights.generator, device)
    matrix = torch.randn(MATRIX, MATRIX).bfloat16()

    def run_plain() -> Tensor:
        return weights.generator(x)

    def run_ours() -> Tensor:
        return ours(x.to(device.dtype, memory_format=torch.channels_last))

    def run_matmul() -> Tensor:
        return matrix @ matrix

    with torch.inference_mode():
        expected, painted = run_plain(), run_ours()
        run_matmul()
        times: dict[Callable[[], Tensor], list[float]] = {
            run: [] for run in (run_plain, run_ours, run_matmul)
        }
        for _ in range(options.repeats):
            for run, seconds in times.items():
                for _ in range(1 if run is run_plain else 3):
                    start = time.perf_counter()
                    run()
                    seconds.append(time.perf_counter() - start)
        expected = expected[0].permute(1, 2, 0)
        difference = (painted - expected).abs()
        exact = FrameGenerator(
            weights.generator, Device(device.torch_device, torch.float32, "float32")
        )(x.contiguous(memory_format=torch.channels_last))
    flop = _flop(weights.generator, padded_size(height), padded_size(width))
    plain, best, matmul = (min(times[run]) for run in (run_plain, run_ours, run_matmul))
    rate, matmul_rate = flop / best / 1e9, 2 * MATRIX**3 / matmul / 1e9
    return Row(
        size=f"{width}x{height}",
        gflop=flop / 1e9,
        plain_s=plain,
        plain_median_s=statistics.median(times[run_plain]),
        ours_s=best,
        ours_median_s=statistics.median(times[run_ours]),
        speedup=plain / best,
        ours_gflops=rate,
        matmul_bf16_gflops=matmul_rate,
        share_of_matmul=rate / matmul_rate,
        max_difference_255=255 * float(difference.max()),
        p999_difference_255=255 * float(np.quantile(difference.numpy(), 0.999)),
        fp32_max_difference=float((exact - expected).abs().max()),
        peak_mb=_peak_mb(size, options),
        precision=str(device.dtype).removeprefix("torch."),
    )


def _flop(generator: Generator, height: int, width: int) -> float:
    """Multiplications and additions of the convolutions, counted as each layer runs."""
    total = 0.0

    def count(layer: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        nonlocal total
        is_transposed = isinstance(layer, nn.ConvTranspose2d)
        positions = (inputs[0] if is_transposed else output).shape[-2:].numel()
        total += 2 * layer.weight.numel() * positions

    with torch.device("meta"), torch.inference_mode():
        blocks = len(generator.blocks)
        copy = Generator(inputs=generator.inputs, width=generator.width, blocks=blocks)
        for layer in copy.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                layer.register_forward_hook(count)
        copy(torch.empty(1, generator.inputs, height, width))
    return total


def _peak_mb(size: tuple[int, int], options: argparse.Namespace) -> float:
    command = [sys.executable, str(Path(__file__)), "--peak", f"{size[0]}x{size[1]}"]
    command += ["--precision", options.precision]
    if options.model:
        command += ["--model", options.model]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def _print_table(rows: list[Row]) -> None:
    print(f"threads {torch.get_num_threads()}, ours in {rows[0].precision}; least (median) times")
    print(
        f"{'size':>10} {'GFLOP':>8} {'plain s':>16} {'ours s':>16} {'ratio':>6} {'GFLOP/s':>8} "
        f"{'matmul':>7} {'share':>6} {'max/255':>8} {'99.9 %':>7} {'fp32 max':>9} {'peak MB':>8}"
    )
    for row in rows:
        print(
            f"{row.size:>10} {row.gflop:8.1f} {row.plain_s:7.3f} ({row.plain_median_s:6.3f}) "
            f"{row.ours_s:7.3f} ({row.ours_median_s:6.3f}) {row.speedup:6.2f} "
            f"{row.ours_gflops:8.0f} {row.matmul_bf16_gflops:7.0f} {row.share_of_matmul:6.0%} "
            f"{row.max_difference_255:8.2f} {row.p999_difference_255:7.2f} "
            f"{row.fp32_max_difference:9.1e} {row.peak_mb:8.0f}"
        )


if __name__ == "__main__":
    sys.exit(main())
