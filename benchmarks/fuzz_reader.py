"""Feed damaged EXR files to the reader: every one must be read or refused, quickly and in bounds.

Small valid files (every compression, scanlines and tiles, one part and several) are mutated with a
fixed seed: bytes flipped anywhere or in the header, the file cut short or made longer, huge numbers
put where sizes and offsets stand. Reader processes with a memory limit take one file at a time; a
process that dies or does not answer is a crash or a hang, and is replaced.

    python benchmarks/fuzz_reader.py --count 2000 --seed 1

prints a table and exits with 1 if a file crashed the reader, hung it, took too much memory or was
refused with another error than FileError; such files are kept for study with --keep FOLDER.
"""

from __future__ import annotations

import argparse
import random
import resource
import select
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenImageIO as oiio

from celtint.plugin.errors import FileError
from celtint.plugin.images import read_layer

MEMORY_BYTES = 3 << 30  # address space of a reader process, libraries included
TIME_LIMIT_S = 10.0
COMPRESSIONS = (
    "none", "rle", "zips", "zip", "piz", "pxr24", "b44", "b44a", "dwaa", "dwab", "htj2k256",
)  # fmt: skip
HUGE = (0, 1, -1, 16, 0xFFFF, 0x10000, 0x1000000, 0x7FFFFFFF, -0x80000000, -100)
FIELDS = (
    b"dataWindow\0box2i\0",
    b"displayWindow\0box2i\0",
    b"tiles\0tiledesc\0",
    b"channels\0chlist\0",
    b"compression\0compression\0",
    b"lineOrder\0lineOrder\0",
    b"chunkCount\0int\0",
    b"type\0string\0",
)

Mutation = Callable[[bytearray, random.Random], bytearray]


def flip_anywhere(data: bytearray, rng: random.Random) -> bytearray:
    """Change bytes all over the file."""
    for _ in range(rng.choice((1, 2, 4, 16, 64))):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return data


def flip_header(data: bytearray, rng: random.Random) -> bytearray:
    """Change bytes where names, types and sizes stand."""
    for _ in range(rng.choice((1, 2, 4, 8))):
        data[rng.randrange(min(len(data), 800))] = rng.randrange(256)
    return data


def cut(data: bytearray, rng: random.Random) -> bytearray:
    """End the file early, or add to it."""
    if rng.random() < 0.2:
        return data + rng.randbytes(rng.randrange(1, 5000))
    return data[: rng.randrange(len(data))]


def edit_field(data: bytearray, rng: random.Random) -> bytearray:
    """Put an extreme number into a field of the header, or into its length."""
    present = [field for field in FIELDS if field in data]
    field = rng.choice(present)
    at = data.index(field) + len(field) + rng.choice((0, 4, 4, 4, 8, 12, 16))
    data[at : at + 4] = struct.pack("<i", rng.choice(HUGE))
    return data


def edit_number(data: bytearray, rng: random.Random) -> bytearray:
    """Put an extreme number anywhere in the header, the table of chunks or the chunk heads."""
    at = rng.randrange(min(len(data) - 8, 1500))
    size = rng.choice((4, 8))
    data[at : at + size] = struct.pack("<i" if size == 4 else "<q", rng.choice(HUGE))
    return data


def swap_pieces(data: bytearray, rng: random.Random) -> bytearray:
    """Copy one piece of the file over another."""
    length = rng.choice((1, 4, 16, 64, 256))
    source, target = (rng.randrange(max(1, len(data) - length)) for _ in range(2))
    data[target : target + length] = data[source : source + length]
    return data


MUTATIONS: dict[str, Mutation] = {
    "bytes anywhere": flip_anywhere,
    "bytes in the header": flip_header,
    "cut or longer": cut,
    "extreme field": edit_field,
    "extreme number": edit_number,
    "pieces copied": swap_pieces,
}


def write_seeds(folder: Path) -> list[Path]:
    """Write the small valid files that are mutated."""
    rng = np.random.default_rng(1)
    pixels = rng.random((37, 41, 4)) * (rng.random((37, 41, 1)) > 0.5)
    paths = []
    for compression in COMPRESSIONS:
        for tile in (0, 16):
            for dtype in ("half", "float"):
                spec = oiio.ImageSpec(41, 37, 4, dtype)
                spec.x, spec.y, spec.full_width, spec.full_height = -3, 4, 60, 50
                spec.attribute("compression", compression)
                spec.tile_width = spec.tile_height = tile
                path = folder / f"{compression}_{tile}_{dtype}.exr"
                target = oiio.ImageOutput.create(str(path))
                assert target is not None, oiio.geterror()
                assert target.open(str(path), spec), target.geterror()
                assert target.write_image(pixels.astype(np.float32)), target.geterror()
                assert target.close()
                paths.append(path)
    for compression in ("zip", "piz"):
        specs = []
        for name in ("line", "hint"):
            spec = oiio.ImageSpec(41, 37, 4, "half")
            spec.attribute("compression", compression)
            spec.attribute("oiio:subimagename", name)
            specs.append(spec)
        path = folder / f"{compression}_parts.exr"
        target = oiio.ImageOutput.create(str(path))
        assert target is not None, oiio.geterror()
        assert target.open(str(path), tuple(specs)), target.geterror()
        assert target.write_image(pixels.astype(np.float32))
        assert target.open(str(path), specs[1], "AppendSubimage")
        assert target.write_image(pixels.astype(np.float32))
        assert target.close()
        paths.append(path)
    return paths


def read_forever() -> None:
    """Read the files whose names come on stdin, one a line; answer each with one line."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    answers = sys.stdout
    for line in sys.stdin:
        name, _, role = line.rstrip("\n").rpartition(" ")
        try:
            layer = read_layer(name, role=role)
            answer = "read" if np.isfinite(layer.pixels).all() else "not finite"
        except FileError:
            answer = "refused"
        except BaseException as error:  # whatever it is, it is a fault to report
            answer = f"{type(error).__name__}: {error}".replace("\n", " ")
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        # Decoders print to stdout too: the answer is marked.
        answers.write(f"\n@{peak_mib} {answer}\n")
        answers.flush()


class Reader:
    """A reader process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--reader"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def read(self, path: Path, role: str) -> tuple[str, int]:
        """Outcome of one file, and the peak of the process so far in MiB."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{path} {role}\n".encode())
        stdin.flush()
        deadline = time.monotonic() + TIME_LIMIT_S + (30 if not hasattr(self, "_warm") else 0)
        pending = b""
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([stdout], [], [], left)[0]:
                break
            chunk = stdout.read1(1 << 16)  # type: ignore[attr-defined]
            if not chunk:
                return f"crash ({self._process.wait()})", 0
            pending += chunk
            start = pending.find(b"\n@")
            if start >= 0 and pending.endswith(b"\n") and len(pending) > start + 2:
                self._warm = True
                peak, _, answer = pending[start + 2 :].decode(errors="replace").partition(" ")
                return answer.strip(), int(peak)
            pending = pending[-4096:] if start < 0 else pending
        return "hang", 0

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


def main() -> int:
    """Run the command line; 1 if any file did harm."""
    parser = argparse.ArgumentParser(
        description="Feed damaged EXR files to the reader; see the module's docstring.",
        epilog="example: python benchmarks/fuzz_reader.py --count 2000 --seed 1",
    )
    parser.add_argument("--count", type=int, default=2000, help="files to try (2000)")
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed makes the same files (1)"
    )
    parser.add_argument("--keep", type=Path, help="folder for files that did harm")
    parser.add_argument("--reader", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.reader:
        read_forever()
        return 0
    started = time.monotonic()
    table, harm, peak_mib, slowest_s = fuzz(options.count, options.seed, options.keep)
    print_table(table)
    print(
        f"{options.count} files, seed {options.seed}, {time.monotonic() - started:.0f} s; "
        f"slowest {slowest_s:.2f} s, peak memory of a reader {peak_mib} MiB"
    )
    print(f"{harm} did harm" if harm else "none crashed, hung, or was refused without a FileError")
    return 1 if harm else 0


def fuzz(
    count: int, seed: int, keep: Path | None
) -> tuple[Counter[tuple[str, str]], int, int, float]:
    """Try `count` files; outcomes by mutation, files that did harm, peak MiB, slowest seconds."""
    table: Counter[tuple[str, str]] = Counter()
    harm, peak_mib, slowest_s = 0, 0, 0.0
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        seeds = [path.read_bytes() for path in write_seeds(folder)]
        target = folder / "mutant.exr"
        reader = Reader()
        try:
            for number in range(count):
                rng = random.Random(f"{seed}/{number}")  # noqa: S311 (no secret)
                kind = rng.choice(list(MUTATIONS))
                target.write_bytes(MUTATIONS[kind](bytearray(rng.choice(seeds)), rng))
                began = time.monotonic()
                answer, peak = reader.read(target, rng.choice(("line", "hint")))
                slowest_s = max(slowest_s, time.monotonic() - began if number else 0)
                peak_mib = max(peak_mib, peak)
                table[kind, answer] += 1
                if answer not in ("read", "refused"):
                    harm += 1
                    if keep is not None:
                        keep.mkdir(parents=True, exist_ok=True)
                        (keep / f"{seed}_{number}.exr").write_bytes(target.read_bytes())
                    reader.stop()
                    reader = Reader()
        finally:
            reader.stop()
    return table, harm, peak_mib, slowest_s


def print_table(table: Counter[tuple[str, str]]) -> None:
    """Print outcomes by mutation."""
    outcomes = sorted({outcome for _, outcome in table})
    print(f"{'mutation':<22}" + "".join(f"{outcome[:40]:>12}" for outcome in outcomes))
    for kind in MUTATIONS:
        print(f"{kind:<22}" + "".join(f"{table[kind, outcome]:>12}" for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
