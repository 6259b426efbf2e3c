"""Every rule has a folder of real frames that breaks it and no other; a good one breaks none."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest

from celtint.plugin.publish.gather import gather
from celtint.plugin.publish.judge import judge
from celtint.plugin.publish.options import RULE_NAMES, Limits, Options, PublishOptions
from celtint.plugin.publish.rules import RULES

PAINT = ("paint.R", "paint.G", "paint.B")
IN_BOX, IN_DISC = (20, 20), (24, 48)  # row and column, inside in every frame


def findings(shot, options=None):
    """Rule to frames it speaks of, for every rule that finds something."""
    described = gather(str(shot.folder / "paint"), options or Options())
    assert described.name == shot.folder.name
    told = [one for one in judge(described) if one.findings]
    for verdict in told:
        for finding in verdict.findings:
            assert finding.shot == shot.folder.name
            assert finding.what.endswith(".")
            assert finding.do.endswith(".")
    return {one.rule: [finding.frame for finding in one.findings] for one in told}


def recolour(planes, at, colour_at=None, value=None):
    """Give the patch of paint around a pixel, and the line over it, the colour of another one."""
    patch = np.stack([planes[name] for name in PAINT], -1)
    mask = (patch == patch[at]).all(-1).astype(np.uint8)
    _, label = cv2.connectedComponents(mask, connectivity=4)
    here = label == label[at]
    for name in PAINT:
        new = planes[name][colour_at] if value is None else value
        for plane in (planes[name], planes[name.removeprefix("paint.")]):
            plane[here & (plane == planes[name])] = new
    return here


def break_frame_range(shot, tamper):
    shot.paint(1004).unlink()
    return {"frame_range": [1004]}, Options()


def break_padding(shot, tamper):
    shutil.copy(shot.paint(1003), shot.folder / "paint" / "paint.01003.exr")
    return {"padding": [1003]}, Options()


def break_decodes(shot, tamper):
    data = shot.paint(1004).read_bytes()
    shot.paint(1004).write_bytes(data[: len(data) - 200])
    return {"decodes": [1004]}, Options()


def break_windows(shot, tamper):
    tamper(shot.paint(1002), display=(0, 0, 60, 48))
    tamper(shot.paint(1005), PixelAspectRatio=2.0)
    return {"windows": [1002, 1005]}, Options()


def break_channels(shot, tamper):
    tamper(shot.paint(1002), drop=("confidence.Y",))
    tamper(shot.paint(1003), kind="float")
    return {"channels": [1002, 1003]}, Options()


def break_colour_space(shot, tamper):
    tamper(shot.paint(1002), without=("chromaticities",))
    tamper(shot.paint(1003), celtint__colorspace="Kodachrome")
    return {"colour_space": [1002, 1003]}, Options()


def break_finite(shot, tamper):
    def change(planes):
        planes["R"][3, 4] = np.nan
        planes["G"][3, 5] = -0.5
        planes["B"][3, 6] = 65504
        planes["A"][3, 7] = np.inf

    tamper(shot.paint(1004), change)
    return {"finite": [1004] * 4}, Options()


def break_palette(shot, tamper):
    def change(planes):
        planes["paint.R"][IN_BOX] = np.nextafter(planes["paint.R"][IN_BOX], np.float16(1))

    tamper(shot.paint(1003), change)
    return {"palette": [1003]}, Options()


def break_hints(shot, tamper):
    for frame in range(1001, 1007):  # in every frame, so that nothing flips
        tamper(shot.paint(frame), lambda planes: recolour(planes, IN_BOX, IN_DISC))
    return {"hints": [1001]}, Options()


def break_unpainted(shot, tamper):
    def change(planes):
        here = recolour(planes, IN_BOX, value=0)
        planes["paint.A"][here] = planes["confidence.Y"][here] = 0

    tamper(shot.paint(1005), change)
    return {"unpainted": [1005]}, Options()


def break_flips(shot, tamper):
    tamper(shot.paint(1004), lambda planes: recolour(planes, IN_BOX, IN_DISC))
    return {"flips": [1004, 1005]}, Options()  # there, and back again


def break_doubtful(shot, tamper):
    def change(planes):
        planes["confidence.Y"][planes["paint.R"] == planes["paint.R"][IN_BOX]] = 0.1

    tamper(shot.paint(1006), change)
    return {"doubtful": [1006]}, Options()


def break_provenance(shot, tamper):
    tamper(shot.paint(1002), without=("celtint:settings",))
    tamper(shot.paint(1004), celtint__job="0" * 64)
    return {"provenance": [1002, 1004]}, Options()


def break_truth(shot, tamper):
    drawing = shot.drawing(3)
    drawing[2, 2, 3] = 1  # a speck of ink that was not there
    shot.write(shot.line(1004), drawing)
    return {"truth": [1004]}, Options()


def break_existing_version(shot, tamper):
    (shot.folder / "out" / "v001").mkdir(parents=True)
    return {"existing_version": [None]}, Options(
        publish=PublishOptions(to=str(shot.folder / "out"), version=1)
    )


def break_leftovers(shot, tamper):
    (shot.folder / "paint" / ".paint.1003.4711.tmp.exr").write_bytes(b"half a frame")
    return {"leftovers": [None]}, Options()


BREAKERS = {
    name: globals()[f"break_{name}"] for name in RULE_NAMES
}  # a rule without its breaker is an error


def test_no_rule_finds_anything_in_a_good_shot(painted) -> None:
    assert findings(painted) == {}
    assert tuple(RULES) == RULE_NAMES


@pytest.mark.parametrize("rule", RULE_NAMES)
def test_a_folder_that_breaks_one_rule_is_reported_by_it_alone(painted, tamper, rule) -> None:
    expected, options = BREAKERS[rule](painted, tamper)
    assert set(expected) == {rule}
    assert findings(painted, options) == expected


@pytest.mark.parametrize("rule", RULE_NAMES)
def test_a_rule_can_be_a_warning_or_off(painted, tamper, rule) -> None:
    _, options = BREAKERS[rule](painted, tamper)
    warned = Options(rules={rule: "warning"}, publish=options.publish)
    (verdict,) = [
        one for one in judge(gather(str(painted.folder / "paint"), warned)) if one.findings
    ]
    assert (verdict.rule, verdict.severity, verdict.is_error) == (rule, "warning", False)
    off = Options(rules={rule: "off"}, publish=options.publish)
    assert findings(painted, off) == {}


@pytest.mark.parametrize("rule", RULE_NAMES)
def test_every_rule_explains_itself_to_an_artist(rule) -> None:
    first, _, why = RULES[rule].help.partition("\n\n")
    assert first.endswith(".")
    assert len(why) > 40, "what it asks for alone helps nobody"


def test_a_threshold_decides_what_is_doubtful(painted, tamper) -> None:
    break_doubtful(painted, tamper)
    assert findings(painted, Options(limits=Limits(doubtful_below=0.05))) == {}


REVIEW = """
[[review]]
rule = "{rule}"
frames = "{frames}"
box = [{box}]
by = "Ada"
reason = "as on the model sheet"
"""


@pytest.mark.parametrize(
    ("rule", "frames"), [("doubtful", "1006"), ("flips", "1004-1005"), ("unpainted", "1005")]
)
def test_a_person_may_allow_what_a_rule_judges(painted, tamper, rule, frames) -> None:
    expected, options = BREAKERS[rule](painted, tamper)
    path = painted.folder / "paint" / "reviews.toml"
    path.write_text(REVIEW.format(rule=rule, frames=frames, box="0, 0, 64, 48"))
    assert findings(painted, options) == {}
    path.write_text(REVIEW.format(rule=rule, frames="1001-1003", box="0, 0, 64, 48"))
    assert findings(painted, options) == expected, "other frames are not allowed"
    path.write_text(REVIEW.format(rule=rule, frames=frames, box="0, 0, 4, 4"))
    assert findings(painted, options) == expected, "other places are not allowed"
