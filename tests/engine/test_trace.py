import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.errors import SettingsError
from celtint.engine.trace import HUES, find_trace, hues_of

PURE = {
    "red": (1, 0, 0),
    "yellow": (1, 1, 0),
    "green": (0, 1, 0),
    "cyan": (0, 1, 1),
    "blue": (0, 0, 1),
    "magenta": (1, 0, 1),
}


def found(pixels, hues):
    """Trace among a row of pixels far apart from each other."""
    rgba = np.array([(*p, 1)[:4] for p in pixels], np.float32)
    place = np.arange(len(rgba)) * 10
    return find_trace(rgba, place, (1, 10 * len(rgba)), hues)


@pytest.mark.parametrize("hue", HUES)
def test_a_pure_hue_is_trace_where_it_is_asked_for(hue):
    for other in HUES:
        assert found([PURE[other]], (hue,)).member.tolist() == [other == hue]


@pytest.mark.parametrize(
    "ink", [(0.4, 0.2, 0.1), (0, 0, 0.35), (0.35, 0, 0.1), (0.1, 0.3, 0.1), (0.02, 0, 0)]
)
def test_dark_inks_with_a_tinge_are_ink(ink):
    assert not found([ink], HUES).member.any()
    assert found([ink], HUES).black[0] == pytest.approx(1 - min(ink))


def test_pale_and_soft_trace_is_trace_too():
    pale = [(1, 0.5, 0.5), (0.5, 0.6, 1), (1, 0.8, 0.8)]
    assert found(pale, ("red", "blue")).member.all()
    soft = [(1, 0, 0, alpha) for alpha in (0.2, 0.5, 1)]
    assert found(soft, ("red",)).member.all()


def test_where_trace_meets_black_the_black_stays():
    """A pixel half red, half black, beside red: half of it is black ink."""
    rgba = np.array([[1, 0, 0, 1], [0.5, 0, 0, 1], [0.2, 0, 0, 1]], np.float32)
    trace = find_trace(rgba, np.array([0, 1, 2]), (1, 3), ("red",))
    assert trace.member.all()
    assert trace.black.tolist() == pytest.approx([0, 0.5, 0.8])
    assert trace.covered == pytest.approx(1.7)
    assert trace.other == pytest.approx(1.3)


def test_the_faint_rim_of_a_trace_line_goes_with_it_and_no_other_faint_pixel():
    rgba = np.array([[1, 0, 0, 1], [1, 0, 0, 0.04], [1, 0, 0, 0.04]], np.float32)
    trace = find_trace(rgba, np.array([0, 2, 9]), (1, 10), ("red",))
    assert trace.member.tolist() == [True, True, False]


def test_settings_name_hues():
    assert hues_of("off") == ()
    assert hues_of("auto") == ("red", "green", "blue")
    assert hues_of("blue,red") == ("red", "blue")
    for wrong in ("purple", "", "red,red", "auto,red", "red;blue"):
        with pytest.raises(SettingsError, match="trace"):
            FlatSettings(trace=wrong)
