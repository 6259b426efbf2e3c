"""Files are written here by OpenImageIO directly, so that reader and writer are tested apart."""

import errno
import os
import struct
import subprocess
import sys

import numpy as np
import OpenImageIO as oiio
import pytest

from celtint.plugin import images
from celtint.plugin.errors import FileError
from celtint.plugin.header import Attribute, Window
from celtint.plugin.images import place, read_header, read_layer, write_frame, write_png

AP1 = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)  # ACES S-2014-004
RNG = np.random.default_rng(7)


def exr(path, pixels, channels, *, origin=(0, 0), display=None, dtype="half", **attributes):
    """Write a plain EXR with a data window, with OpenImageIO alone."""
    height, width, count = pixels.shape
    spec = oiio.ImageSpec(width, height, count, dtype)
    spec.channelnames = tuple(channels)
    spec.x, spec.y = origin
    spec.full_x, spec.full_y, spec.full_width, spec.full_height = display or (
        *origin,
        width,
        height,
    )
    for name, value in attributes.items():
        spec.attribute(name.replace("__", ":"), *(value if isinstance(value, tuple) else [value]))
    if "tile" in attributes:
        spec.tile_width = spec.tile_height = attributes["tile"]
    target = oiio.ImageOutput.create(str(path))
    assert target.open(str(path), spec), target.geterror()
    assert target.write_image(np.ascontiguousarray(pixels)), target.geterror()
    assert target.close()
    return path


def halves(height=5, width=7, count=4):
    return RNG.random((height, width, count)).astype(np.float16)


def bits(pixels):
    return pixels.view(np.uint16)


def write_png_as(path):
    write_png(path.with_suffix(".png"), np.zeros((2, 2, 3), np.uint8))
    path.with_suffix(".png").rename(path)


class TestReading:
    def test_half_floats_come_as_they_are(self, tmp_path):
        pixels = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
        pixels = pixels[np.isfinite(pixels)].reshape(-1, 62, 4)
        path = exr(tmp_path / "a.exr", pixels, "RGBA")
        layer = read_layer(path)
        assert layer.pixels.dtype == np.float16
        assert np.array_equal(bits(layer.pixels), bits(pixels))

    def test_channels_are_found_by_name_not_by_place(self, tmp_path):
        pixels = halves(count=5)
        path = exr(
            tmp_path / "a.exr", pixels, ["hint.alpha", "hint.blue", "Z", "hint.red", "hint.green"]
        )
        layer = read_layer(path, "hint")
        assert np.array_equal(layer.pixels, pixels[..., [3, 4, 1, 0]])

    def test_a_channel_between_colour_and_alpha_is_left_out(self, tmp_path):
        pixels = halves(count=5)
        layer = read_layer(exr(tmp_path / "a.exr", pixels, "RGBYA"))
        assert np.array_equal(layer.pixels, pixels[..., [0, 1, 2, 4]])

    def test_channels_that_lie_far_apart_are_read(self, tmp_path):
        names = ["R", "G", "B", *(f"m{i:03}.V" for i in range(40)), "zz.alpha", "zz.Y"]
        pixels = halves(count=len(names))
        path = exr(tmp_path / "a.exr", pixels, names)
        layer = read_layer(path, "zz")
        assert np.array_equal(layer.pixels[..., 3], pixels[..., names.index("zz.alpha")])
        assert np.array_equal(layer.pixels[..., 1], pixels[..., names.index("zz.Y")])

    @pytest.mark.parametrize(
        ("channels", "expected"),
        [
            ("RGB", lambda p: np.dstack([p, np.ones_like(p[..., :1])])),
            ("Y", lambda p: np.dstack([p, p, p, np.ones_like(p)])),
            ("YA", lambda p: np.dstack([p[..., :1]] * 3 + [p[..., 1:]])),
            ("A", lambda p: np.dstack([0 * p, 0 * p, 0 * p, p])),
        ],
    )
    def test_missing_channels_are_filled(self, channels, expected, tmp_path):
        pixels = halves(count=len(channels))
        layer = read_layer(exr(tmp_path / "a.exr", pixels, channels))
        assert np.array_equal(layer.pixels, expected(pixels))
        assert layer.has_alpha == ("A" in channels)
        assert layer.is_opaque == ("A" not in channels)
        assert layer.is_black == (channels == "A")

    def test_full_floats_stay_full_floats(self, tmp_path):
        pixels = RNG.random((3, 3, 4)).astype(np.float32)
        layer = read_layer(exr(tmp_path / "a.exr", pixels, "RGBA", dtype="float"))
        assert layer.pixels.dtype == np.float32
        assert np.array_equal(layer.pixels, pixels)

    def test_windows_may_lie_outside_and_inside(self, tmp_path):
        path = exr(tmp_path / "a.exr", halves(), "RGBA", origin=(-3, 9), display=(0, 0, 30, 20))
        layer = read_layer(path)
        assert layer.window == Window(-3, 9, 7, 5)
        assert layer.display_window == Window(0, 0, 30, 20)

    def test_tiles_are_read(self, tmp_path):
        pixels = halves(70, 50)
        path = exr(tmp_path / "a.exr", pixels, "RGBA", origin=(-5, 3), tile=16)
        assert np.array_equal(read_layer(path).pixels, pixels)

    @pytest.mark.parametrize("attributes", [{}, {"tile": 16}, {"compression": "dwab"}])
    def test_large_images_read_in_stripes_are_the_same(self, attributes, tmp_path, monkeypatch):
        path = exr(tmp_path / "a.exr", halves(600, 50), "RGBA", origin=(-5, -7), **attributes)
        whole = read_layer(path).pixels
        monkeypatch.setattr(images, "_STRIPE_BYTES", 1 << 15)
        assert np.array_equal(read_layer(path).pixels, whole)

    def test_parts_have_their_own_windows(self, tmp_path):
        path, pixels = str(tmp_path / "a.exr"), halves()
        specs = []
        for name, x in (("line", 0), ("hint", -4)):
            spec = oiio.ImageSpec(7, 5, 4, "half")
            spec.channelnames, spec.x = tuple("RGBA"), x
            spec.attribute("oiio:subimagename", name)
            specs.append(spec)
        target = oiio.ImageOutput.create(path)
        assert target.open(path, tuple(specs))
        assert target.write_image(np.zeros_like(pixels))
        assert target.open(path, specs[1], "AppendSubimage")
        assert target.write_image(pixels)
        assert target.close()
        layer = read_layer(path, role="hint")
        assert (layer.name, layer.window.x) == ("hint", -4)
        assert np.array_equal(layer.pixels, pixels)

    @pytest.mark.parametrize("ext", ["png", "tif"])
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_png_and_tiff_keep_straight_colour_under_low_alpha(self, ext, dtype, tmp_path):
        pixels = RNG.integers(0, np.iinfo(dtype).max + 1, (5, 7, 4)).astype(dtype)
        pixels[0, 0] = (200, 100, 50, 1)
        path = str(tmp_path / f"a.{ext}")
        spec = oiio.ImageSpec(7, 5, 4, np.dtype(dtype).name)
        spec.attribute("oiio:UnassociatedAlpha", 1)
        target = oiio.ImageOutput.create(path)
        assert target.open(path, spec)
        assert target.write_image(pixels)
        assert target.close()
        layer = read_layer(path)
        assert not layer.is_premultiplied
        assert layer.pixels.dtype == dtype
        assert np.array_equal(layer.pixels, pixels)

    def test_tiff_with_associated_alpha_is_premultiplied(self, tmp_path):
        pixels = np.full((2, 2, 4), 60, np.uint8)
        path = exr(tmp_path / "a.tif", pixels, "RGBA", dtype="uint8")
        layer = read_layer(path)
        assert layer.is_premultiplied
        assert np.array_equal(layer.pixels, pixels)

    def test_black_ink_is_recognised_by_its_bits(self, tmp_path):
        pixels = np.zeros((4, 4, 4), np.float16)
        pixels[..., 3] = 0.5
        pixels[1, 1, 0] = -0.0
        assert read_layer(exr(tmp_path / "a.exr", pixels, "RGBA")).is_black
        pixels[3, 3, 2] = 6e-8  # the smallest half float
        assert not read_layer(exr(tmp_path / "b.exr", pixels, "RGBA")).is_black

    def test_metadata_is_kept_and_structure_is_not(self, tmp_path):
        path = exr(
            tmp_path / "a.exr",
            halves(),
            "RGBA",
            sceneTitle="Ada",
            shot__take=3,
            PixelAspectRatio=2.0,
        )
        header = read_header(path)
        assert header.metadata["sceneTitle"] == Attribute("string", "Ada")
        assert header.metadata["shot:take"].value == 3
        assert not {"compression", "DateTime", "oiio:subimages"} & set(header.metadata)
        assert header.pixel_aspect == 2.0


class TestRefusing:
    @pytest.mark.parametrize("role", ["line", "hint"])
    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    @pytest.mark.parametrize("dtype", ["half", "float"])
    def test_nan_and_infinity_are_refused_with_their_place(self, role, bad, dtype, tmp_path):
        pixels = halves().astype(np.float16 if dtype == "half" else np.float32)
        pixels[3, 2, 1] = pixels[4, 0, 0] = bad
        path = exr(tmp_path / "a.exr", pixels, "RGBA", origin=(10, 20), dtype=dtype)
        with pytest.raises(FileError, match=rf"{role} layer, first at pixel \(12, 23\)"):
            read_layer(path, role=role)

    @pytest.mark.parametrize(
        ("make", "reason"),
        [
            (lambda p: None, "No such file or directory"),
            (lambda p: p.mkdir(), "Is a directory"),
            (lambda p: p.write_bytes(b""), "it is empty"),
            (lambda p: p.write_bytes(b"GIF89a and more"), "no EXR, PNG or TIFF"),
            (lambda p: p.write_bytes(b"\x76\x2f\x31\x01 and no more"), "cannot be read"),
            (write_png_as, "holds PNG data"),
        ],
    )
    def test_what_is_no_image_is_refused_by_name(self, make, reason, tmp_path):
        path = tmp_path / "a.exr"
        make(path)
        for read in (read_header, read_layer):
            with pytest.raises(FileError, match=reason) as caught:
                read(path)
            assert str(path) in str(caught.value)
        assert not oiio.geterror()

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_an_unreadable_file_is_refused(self, tmp_path):
        path = exr(tmp_path / "a.exr", halves(), "RGBA")
        path.chmod(0)
        with pytest.raises(FileError, match="Permission denied"):
            read_header(path)

    def test_a_truncated_file_opens_but_is_refused(self, tmp_path):
        path = exr(tmp_path / "a.exr", halves(200, 100), "RGBA")
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        read_header(path)
        with pytest.raises(FileError, match=r"a\.exr cannot be read: .*chunk"):
            read_layer(path)

    @pytest.mark.parametrize("size", [(20_000, 10), (10, 20_000), (2**31 - 1, 2**31 - 1)])
    def test_a_huge_claim_is_refused_before_decoding(self, size, tmp_path):
        path = exr(tmp_path / "a.exr", halves(), "RGBA")
        data = path.read_bytes()
        for name in (b"dataWindow\0box2i\0", b"displayWindow\0box2i\0"):
            at = data.index(name) + len(name) + 4
            window = struct.pack("<4i", 0, 0, size[0] - 1, size[1] - 1)
            data = data[:at] + window + data[at + 16 :]
        path.write_bytes(data)
        for read in (read_header, read_layer):
            with pytest.raises(FileError):
                read(path)

    def test_the_limit_on_size_is_told(self, tmp_path):
        path = exr(tmp_path / "a.exr", np.zeros((1, 16_385, 1), np.float16), "Y")
        with pytest.raises(FileError, match="claims 16385x1 pixels; at most 16384 a side"):
            read_header(path)

    def test_a_header_that_is_no_text_is_refused(self, tmp_path):
        path = exr(tmp_path / "a.exr", halves(), ["hint.R", "hint.G", "hint.B", "hint.A"])
        path.write_bytes(path.read_bytes().replace(b"hint.", b"\xff\xfe\xfd\xfc."))
        with pytest.raises(FileError, match="no text"):
            read_header(path)

    def test_metadata_that_is_no_text_is_left_out(self, tmp_path):
        path = exr(tmp_path / "a.exr", halves(), "RGBA", sceneTitle="XXXX", note="kept")
        path.write_bytes(path.read_bytes().replace(b"XXXX", b"J\xf6rg"))
        assert "sceneTitle" not in read_header(path).metadata
        assert read_header(path).metadata["note"].value == "kept"

    def test_whole_numbers_are_no_colour(self, tmp_path):
        pixels = np.ones((2, 2, 3), np.float32)
        path = exr(tmp_path / "a.exr", pixels, "RGB", dtype="float", compression="none")
        # OpenImageIO writes no whole numbers; in the list of channels 2 says float and 0 says uint.
        data = path.read_bytes()
        for name in (b"R", b"G", b"B"):
            data = data.replace(name + b"\0\2\0\0\0", name + b"\0\0\0\0\0", 1)
        path.write_bytes(data)
        with pytest.raises(FileError, match="whole numbers"):
            read_layer(path)

    def test_stereo_in_one_part_is_refused(self, tmp_path):
        views = (oiio.TypeDesc("string[2]"), ("left", "right"))
        path = exr(tmp_path / "a.exr", halves(), "RGBA", multiView=views)
        with pytest.raises(FileError, match=r"stereo views \(left, right\)"):
            read_header(path)


class TestPlacing:
    def layer(self, tmp_path, origin):
        return read_layer(exr(tmp_path / "a.exr", halves(), "RGBA", origin=origin))

    def test_the_same_window_costs_no_copy(self, tmp_path):
        layer = self.layer(tmp_path, (2, 3))
        assert place(layer, layer.window) is layer.pixels

    def test_what_a_frame_lacks_is_empty(self, tmp_path):
        layer = self.layer(tmp_path, (-2, 3))
        union = Window.around([layer.window, Window(0, 0, 10, 6)])
        assert union == Window(-2, 0, 12, 8)
        placed = place(layer, union)
        assert np.array_equal(placed[3:8, 0:7], layer.pixels)
        placed[3:8, 0:7] = 0
        assert not placed.any()

    def test_what_lies_outside_is_cut_off(self, tmp_path):
        layer = self.layer(tmp_path, (0, 0))
        assert np.array_equal(place(layer, Window(2, 1, 3, 2)), layer.pixels[1:3, 2:5])
        assert not place(layer, Window(100, 100, 3, 2)).any()


WINDOW, DISPLAY = Window(-2, 3, 7, 5), Window(0, 0, 9, 9)


def write(path, pixels=None, **options):
    pixels = halves() if pixels is None else pixels
    window = Window(-2, 3, pixels.shape[1], pixels.shape[0])
    write_frame(
        path, pixels, "RGBA"[: pixels.shape[2]], window=window, display_window=DISPLAY, **options
    )


class TestWriting:
    def test_a_frame_reads_back_bit_for_bit(self, tmp_path):
        pixels = halves(count=9)
        names = ["R", "G", "B", "A", "paint.R", "paint.G", "paint.B", "paint.A", "confidence.Y"]
        write_frame(
            tmp_path / "a.exr", pixels, names, window=WINDOW, display_window=DISPLAY,
            pixel_aspect=2.0,
            metadata={
                "celtint:version": "1", "frame": 3, "gap": 1.5,
                "chromaticities": Attribute("float[8]", AP1),
                "oiio:ColorSpace": "lin_ap1_scene",
            },
        )  # fmt: skip
        top, paint = read_layer(tmp_path / "a.exr"), read_layer(tmp_path / "a.exr", "paint")
        confidence = read_layer(tmp_path / "a.exr", "confidence")
        assert np.array_equal(bits(top.pixels), bits(pixels[..., :4].copy()))
        assert np.array_equal(paint.pixels, pixels[..., 4:8])
        assert np.array_equal(confidence.pixels[..., 0], pixels[..., 8])
        header = read_header(tmp_path / "a.exr")
        assert (header.windows, header.display_window) == ((WINDOW,), DISPLAY)
        assert (header.pixel_aspect, header.colour_name) == (2.0, "lin_ap1_scene")
        assert header.chromaticities == pytest.approx(AP1)
        with_own = oiio.ImageInput.open(str(tmp_path / "a.exr")).spec()
        assert with_own.getattribute("celtint:version") == "1"
        assert with_own.getattribute("compression") == "zip"

    def test_the_same_frame_makes_the_same_bytes(self, tmp_path, monkeypatch):
        pixels = halves(64, 64)
        write(tmp_path / "a.exr", pixels, metadata={"note": "x"})
        written = (tmp_path / "a.exr").read_bytes()
        assert b"DateTime" not in written
        assert b"capDate" not in written  # a time would differ a second later
        write(tmp_path / "a.exr", pixels, metadata={"note": "x"})
        assert (tmp_path / "a.exr").read_bytes() == written

    def test_source_metadata_round_trips(self, tmp_path):
        spec = oiio.ImageSpec(7, 5, 4, "half")
        spec.attribute("smpte:TimeCode", oiio.TypeDesc("timecode"), (0x12345678, 0))
        spec.attribute("smpte:KeyCode", oiio.TypeDesc("keycode"), (1, 2, 3, 4, 5, 6, 7))
        spec.attribute("worldToCamera", oiio.TypeDesc("matrix"), tuple(float(i) for i in range(16)))
        spec.attribute("sceneTitle", "Ada")
        target = oiio.ImageOutput.create(str(tmp_path / "s.exr"))
        assert target.open(str(tmp_path / "s.exr"), spec)
        assert target.write_image(halves())
        assert target.close()
        metadata = read_header(tmp_path / "s.exr").metadata
        assert {"smpte:TimeCode", "smpte:KeyCode", "worldToCamera", "sceneTitle"} <= set(metadata)
        write(tmp_path / "a.exr", metadata=metadata)
        assert read_header(tmp_path / "a.exr").metadata == metadata

    def test_values_beyond_half_floats_are_clamped(self, tmp_path):
        write(tmp_path / "a.exr", np.full((2, 2, 4), 1e6, np.float32))
        assert (read_layer(tmp_path / "a.exr").pixels == 65504).all()
        write(tmp_path / "a.exr", np.full((2, 2, 4), -1e6, np.float32))
        assert (read_layer(tmp_path / "a.exr").pixels == -65504).all()

    @pytest.mark.parametrize("dtype", [np.float16, np.float32])
    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_nan_and_infinity_are_not_written(self, dtype, bad, tmp_path):
        pixels = halves(5, 7, 3).astype(dtype)
        pixels[4, 6, 2] = bad
        with pytest.raises(FileError, match=r"pixel \(4, 7\) would be NaN or infinite"):
            write(tmp_path / "a.exr", pixels)
        assert not list(tmp_path.iterdir())

    def test_shapes_that_do_not_fit_are_refused(self, tmp_path):
        with pytest.raises(ValueError, match=r"expected pixels \(5, 7, 3\)"):
            write_frame(tmp_path / "a.exr", halves(), "RGB", window=WINDOW, display_window=DISPLAY)

    @pytest.mark.parametrize("parent", ["missing", "file"])
    def test_a_folder_that_is_none_is_told(self, parent, tmp_path):
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(FileError, match=r"No such file or directory|Not a directory"):
            write(tmp_path / parent / "a.exr")

    def test_png_reads_back(self, tmp_path):
        pixels = RNG.integers(0, 256, (5, 7, 4)).astype(np.uint8)
        write_png(tmp_path / "a.png", pixels)
        assert np.array_equal(read_layer(tmp_path / "a.png").pixels, pixels)
        assert [p.name for p in tmp_path.iterdir()] == ["a.png"]

    def test_png_of_other_types_is_refused(self, tmp_path):
        with pytest.raises(ValueError, match="uint8"):
            write_png(tmp_path / "a.png", np.zeros((2, 2, 3)))


# Not a fork: OpenImageIO's threads do not live on in one.
LIMITED = """
import resource, signal, sys
import numpy as np
from celtint.plugin.errors import FileError
from celtint.plugin.images import Window, write_frame, write_png
path, pixels, limit = sys.argv[1], np.load(sys.argv[2]), int(sys.argv[3])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    if path.endswith("png"):
        write_png(path, pixels)
    else:
        window = Window(-2, 3, pixels.shape[1], pixels.shape[0])
        write_frame(path, pixels, "RGBA", window=window, display_window=Window(0, 0, 9, 9))
except FileError as error:
    print(error)
    sys.exit(1)
"""


def limited(limit_bytes, path, pixels):
    """What a writer whose files may not grow beyond the limit said; "" for success."""
    array = path.parent.parent / "pixels.npy"
    np.save(array, pixels)
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, path, array, str(limit_bytes)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode in (0, 1), ran.stderr
    return ran.stdout


class TestFullDisk:
    """A limit on file size stands for a full disk: the system refuses at the same calls."""

    @pytest.fixture
    def folder(self, tmp_path):
        (tmp_path / "out").mkdir()
        return tmp_path / "out"

    # The last bytes are the ones whose loss OpenImageIO does not report.
    @pytest.mark.parametrize("missing", [1, 100, 5000, 10**9])
    def test_no_byte_of_an_exr_is_lost_unseen(self, missing, folder):
        pixels = halves(40, 40)
        write(folder / "a.exr", pixels)
        size = (folder / "a.exr").stat().st_size
        write(folder / "a.exr", halves(8, 8))  # an older frame, to be kept
        older = (folder / "a.exr").read_bytes()
        said = limited(max(0, size - missing), folder / "a.exr", pixels)
        assert os.strerror(errno.EFBIG) in said
        assert (folder / "a.exr").read_bytes() == older
        assert [p.name for p in folder.iterdir()] == ["a.exr"]

    @pytest.mark.parametrize("missing", [1, 12, 1000])
    def test_no_byte_of_a_png_is_lost_unseen(self, missing, folder):
        pixels = RNG.integers(0, 256, (40, 40, 3)).astype(np.uint8)
        write_png(folder / "a.png", pixels)
        size = (folder / "a.png").stat().st_size
        (folder / "a.png").unlink()
        assert os.strerror(errno.EFBIG) in limited(size - missing, folder / "a.png", pixels)
        assert not list(folder.iterdir())
        assert not limited(size, folder / "a.png", pixels)


def test_channels_of_full_floats_keep_every_bit_beside_clamped_halves(tmp_path):
    pixels = np.zeros((3, 4, 2), np.float32)
    pixels[..., 0], pixels[..., 1] = 1e6, np.float32(-1.3192631e-25)
    window = Window(0, 0, 4, 3)
    write_frame(
        tmp_path / "a.exr",
        pixels,
        ("Y", "id.R"),
        window=window,
        display_window=window,
        full={"id.R"},
    )
    image = oiio.ImageInput.open(str(tmp_path / "a.exr"))
    names = list(image.spec().channelnames)
    kinds = {name: str(image.spec().channelformat(at)) for at, name in enumerate(names)}
    found = image.read_image("float")
    image.close()
    assert kinds == {"Y": "half", "id.R": "float"}
    assert (found[..., names.index("Y")] == 65504).all()
    assert np.array_equal(found[..., names.index("id.R")], pixels[..., 1])
