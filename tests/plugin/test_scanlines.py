import struct
import subprocess
import sys
import zlib

import numpy as np
import OpenImageIO as oiio
import pytest

from celtint.plugin.images import Window, write_frame
from celtint.plugin.scanlines import append_blocks, blocks

RNG = np.random.default_rng(41)


def flat_halves(height, width, channels):
    """Patches of few values, and one row of noise that deflate can do nothing about."""
    patch = RNG.integers(0, 5, (-(-height // 7), -(-width // 9)))
    region = np.kron(patch, np.ones((7, 9), int))[:height, :width]
    pixels = RNG.random((5, channels)).astype(np.float16)[region]
    pixels[height // 2] = RNG.integers(0, 0x7C00, (width, channels), np.uint16).view(np.float16)
    return pixels


def written(folder, pixels, channels, compression):
    path = folder / f"{compression}.exr"
    window = Window(-3, 5, pixels.shape[1], pixels.shape[0])
    write_frame(
        path,
        pixels,
        channels,
        window=window,
        display_window=Window(0, 0, 8, 8),
        metadata={"note": "a" * 300, "celtint:frame": 7},
        compression=compression,
    )
    return path


def decoded(path):
    """Header and every channel, as OpenImageIO reads them."""
    source = oiio.ImageInput.open(str(path))
    spec = source.spec()
    assert spec.get_string_attribute("compression") in ("zip", "zips")
    spec.erase_attribute("compression")
    spec.erase_attribute("oiio:RowsPerChunk")
    pixels = source.read_image(0, 0, 0, spec.nchannels, "float")
    header = spec.to_xml()
    assert source.geterror() == ""
    source.close()
    return header, pixels


@pytest.mark.parametrize("size", [(1, 1), (1, 37), (15, 20), (16, 20), (17, 20), (70, 33)])
@pytest.mark.parametrize(
    "channels", [("R", "G", "B", "A"), ("Y",), ("R", "b.Z", "a", "paint.A", "B", "b.Y")]
)
def test_a_file_reads_as_one_that_openexr_packed(tmp_path, size, channels):
    pixels = flat_halves(*size, len(channels))
    ours = decoded(written(tmp_path, pixels, channels, "zip"))
    theirs = decoded(written(tmp_path, pixels, channels, "zips"))
    assert ours[0] == theirs[0]
    assert np.array_equal(ours[1], theirs[1])


def test_every_bit_of_every_finite_half_comes_back(tmp_path):
    bits = np.arange(1 << 16, dtype=np.uint16)
    bits[(bits & 0x7C00) == 0x7C00] = 0
    pixels = bits.view(np.float16).reshape(64, 256, 4)
    source = oiio.ImageInput.open(str(written(tmp_path, pixels, "RGBA", "zip")))
    stored = source.read_image(0, 0, 0, 4, "half")
    source.close()
    assert np.array_equal(stored.view(np.uint16), pixels.view(np.uint16))


def test_the_same_bytes_as_by_zlib_itself():
    """So that a machine with another build of the faster library writes no other files."""
    pixels = flat_halves(16, 500, 9)
    packed = next(blocks(pixels, "ihgfedcba", [False] * 9))
    plain = zlib.decompress(packed)
    slow = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 8, zlib.Z_RLE)
    # All but the header of two bytes, which tells of the level.
    assert packed[2:] == (slow.compress(plain) + slow.flush())[2:]


def test_a_block_is_undone_as_the_format_says():
    pixels = flat_halves(16, 50, 3)
    packed = next(blocks(pixels, "BAC", [False] * 3))
    values = np.frombuffer(zlib.decompress(packed), np.uint8).astype(np.int64)
    values[1:] -= 128
    halves = np.cumsum(values).astype(np.uint8).reshape(2, -1)
    rows = halves.T.reshape(-1).view(np.float16).reshape(16, 3, 50)
    assert np.array_equal(rows.transpose(0, 2, 1), pixels[..., [1, 0, 2]])


def test_a_block_that_packs_badly_is_stored_as_it_is():
    noise = RNG.integers(0, 0x7C00, (4, 30, 2), np.uint16).view(np.float16)
    packed = next(blocks(noise, "AB", [False] * 2))
    assert packed == np.ascontiguousarray(noise.transpose(0, 2, 1)).tobytes()


def test_full_floats_beside_halves():
    pixels = RNG.random((5, 7, 3)).astype(np.float32)
    packed = next(blocks(pixels, "ABC", [False, True, False]))
    row = b"".join(
        pixels[0, :, at].astype(kind).tobytes() for at, kind in enumerate(("<f2", "<f4", "<f2"))
    )
    if len(packed) == 5 * 7 * 8:  # so small a block of noise is stored
        assert packed.startswith(row)
    else:
        values = np.frombuffer(zlib.decompress(packed), np.uint8).astype(np.int64)
        values[1:] -= 128
        assert np.cumsum(values).astype(np.uint8).reshape(2, -1).T.tobytes().startswith(row)


def test_what_is_no_header_with_an_empty_table_is_left_alone(tmp_path):
    path = tmp_path / "a.exr"
    for content in (b"", b"short", struct.pack("<20Q", *range(20))):
        path.write_bytes(content)
        assert not append_blocks(path, 0, iter([b"block"] * 3), 3)
        assert path.read_bytes() == content


def test_other_processes_pack_the_same_bytes():
    code = (
        "import numpy as np, hashlib; from celtint.plugin.scanlines import blocks;"
        "p = np.random.default_rng(3).integers(0, 3, (40, 60, 4)).astype(np.float16);"
        "print(hashlib.sha256(b''.join(blocks(p, 'RGBA', [False] * 4))).hexdigest())"
    )
    said = {subprocess.check_output([sys.executable, "-c", code]) for _ in range(2)}
    assert len(said) == 1
