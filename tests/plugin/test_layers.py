"""Layer names as Nuke, Blender and others write them, read from files of those programs."""

import pytest

from celtint.plugin.errors import FileError
from celtint.plugin.layers import Part, layer_names, resolve_layer

RGBA = ("R", "G", "B", "A")


def single(*channels: str) -> list[Part]:
    return [Part(0, "", channels)]


def prefixed(prefix: str, components: str = "RGBA") -> tuple[str, ...]:
    return tuple(f"{prefix}.{c}" for c in components)


@pytest.mark.parametrize(
    ("channels", "wanted", "colour", "alpha"),
    [
        (RGBA, None, ("R", "G", "B"), "A"),
        (RGBA, "rgba", ("R", "G", "B"), "A"),
        (("A", "B", "G", "R"), None, ("R", "G", "B"), "A"),
        (("R", "G", "B"), None, ("R", "G", "B"), None),
        (("Y",), None, ("Y",), None),
        (("Y", "A"), None, ("Y",), "A"),
        (("A",), None, (), "A"),
        (("r", "g", "b", "alpha"), None, ("r", "g", "b"), "alpha"),
        (
            (*RGBA, "hint.red", "hint.green", "hint.blue", "hint.alpha"),
            "hint",
            ("hint.red", "hint.green", "hint.blue"),
            "hint.alpha",
        ),
        (
            (*RGBA, *prefixed("HINT")),
            "Hint",
            ("HINT.R", "HINT.G", "HINT.B"),
            "HINT.A",
        ),
        (
            (*prefixed("ViewLayer.Combined"), *prefixed("ViewLayer.hint")),
            "hint",
            ("ViewLayer.hint.R", "ViewLayer.hint.G", "ViewLayer.hint.B"),
            "ViewLayer.hint.A",
        ),
        (
            (*prefixed("ViewLayer.Combined"), "ViewLayer.Depth.Z"),
            "viewlayer.combined",
            ("ViewLayer.Combined.R", "ViewLayer.Combined.G", "ViewLayer.Combined.B"),
            "ViewLayer.Combined.A",
        ),
        ((*RGBA, *prefixed("hint")), "hint.rgba", ("hint.R", "hint.G", "hint.B"), "hint.A"),
    ],
)
def test_a_layer_is_found_by_any_of_its_names(channels, wanted, colour, alpha):
    found = resolve_layer(single(*channels), wanted)
    assert (found.colour, found.alpha, found.part) == (colour, alpha, 0)


def test_a_part_name_is_a_layer_name():
    parts = [Part(0, "rgba", RGBA), Part(1, "hint", RGBA)]
    assert layer_names(parts) == ("", "hint")
    assert resolve_layer(parts, "hint").part == 1
    assert resolve_layer(parts).part == 0


def test_one_part_a_pass_with_the_prefix_kept_is_found():
    parts = [
        Part(0, "ViewLayer.Combined", prefixed("ViewLayer.Combined")),
        Part(1, "ViewLayer.line", prefixed("ViewLayer.line")),
    ]
    found = resolve_layer(parts, "line")
    assert (found.part, found.name, found.alpha) == (1, "ViewLayer.line", "ViewLayer.line.A")


def test_a_part_whose_channels_are_named_otherwise_is_found_by_its_name():
    parts = [Part(0, "rgba", RGBA), Part(1, "hint", prefixed("other"))]
    assert resolve_layer(parts, "hint").name == "other"


def test_the_name_of_an_only_part_means_nothing():
    assert resolve_layer([Part(0, "comp_v003", RGBA)]).name == ""


class TestWithoutAWish:
    def test_the_layer_named_as_the_role_comes_first(self):
        parts = single(*RGBA, *prefixed("line"), *prefixed("hint"))
        assert resolve_layer(parts, role="hint").name == "hint"
        assert resolve_layer(parts, role="line").name == "line"

    def test_then_the_top_level(self):
        assert resolve_layer(single(*RGBA, *prefixed("paint")), role="hint").name == ""

    def test_then_the_only_layer(self):
        channels = (*prefixed("ink"), "depth.Z", "id.X")
        assert resolve_layer(single(*channels), role="line").name == "ink"

    def test_then_combined(self):
        channels = (*prefixed("ViewLayer.Combined"), *prefixed("ViewLayer.Normal", "RGB"))
        assert resolve_layer(single(*channels), role="line").name == "ViewLayer.Combined"

    def test_else_the_artist_is_asked(self):
        with pytest.raises(FileError, match=r"say which one to use: a, b"):
            resolve_layer(single(*prefixed("a"), *prefixed("b")), role="line")


def test_a_wrong_name_is_answered_with_the_names_there_are():
    parts = single(*RGBA, *prefixed("hint"), "depth.Z")
    with pytest.raises(FileError) as caught:
        resolve_layer(parts, "hnit", where="a.exr")
    assert str(caught.value) == "a.exr has no layer 'hnit'; it has: rgba (top level), hint"


def test_a_name_that_fits_twice_is_refused():
    parts = single(*prefixed("ViewLayer.hint"), *prefixed("Back.hint"))
    with pytest.raises(FileError, match=r"ViewLayer\.hint, Back\.hint; name one fully"):
        resolve_layer(parts, "hint")
    assert resolve_layer(parts, "back.hint").name == "Back.hint"


def test_stereo_views_are_refused():
    parts = [Part(0, "left", RGBA, "left"), Part(1, "right", RGBA, "right")]
    with pytest.raises(FileError, match=r"stereo views \(left, right\)"):
        resolve_layer(parts)


def test_one_view_is_no_stereo():
    assert resolve_layer([Part(0, "main", RGBA, "main")]).part == 0


def test_a_file_without_colour_lists_its_channels():
    with pytest.raises(FileError, match=r"no layer with R, G, B or Y.*depth\.Z, id"):
        resolve_layer(single("depth.Z", "id"))
