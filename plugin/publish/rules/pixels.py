"""Rules about pixels, over what one decoding of every frame told."""

from __future__ import annotations

from collections.abc import Callable

from ..measure import is_painted, rgb_of
from ..shot import Finding, PaintedShot, Spot

_MOST_PLACES = 8  # told of one frame; what is left is counted


def finite(shot: PaintedShot) -> list[Finding]:
    """No NaN, no infinity, nothing negative, nothing at the limit of half floats.

    One such pixel turns into a black or white square as soon as somebody blurs the picture.
    """
    found = []
    for frame in shot.frames:
        faults = {} if frame.pixels is None else frame.pixels.faults
        for kind, (count, channel, spot) in faults.items():
            found.append(
                shot.finding(
                    f"{_counted(count, 'value')} {'is' if count == 1 else 'are'} {kind}, the first "
                    f"in channel {channel}.",
                    "Look for such pixels in the line art and the hints, and paint it again.",
                    frame.frame,
                    spot.box,
                )
            )
    return found


def palette(shot: PaintedShot) -> list[Finding]:
    """Every painted pixel has a colour that an artist dabbed, to the bit.

    Holds for the flat finish. Another colour means that somebody retouched, blurred or converted
    the paint after it was made.
    """
    if not shot.is_flat or shot.lineage is None:
        return []
    known = {colour for one in shot.frames if one.pixels for colour in one.pixels.hint_colours}
    if not known:
        return []  # the hints cannot be read, or there are none: other rules say so
    found = []
    for frame in shot.frames:
        if frame.pixels is None:
            continue
        foreign = {
            colour: spot
            for colour, spot in frame.pixels.colours.items()
            if colour not in known and is_painted(colour)
        }
        if foreign:
            count = sum(spot.area_px for spot in foreign.values())
            colour, spot = next(iter(foreign.items()))
            what = (
                f"{_counted(count, 'pixel')} of paint {_have(count)} no colour of the "
                f"palette; the most frequent of {_counted(len(foreign), 'such colour')} is "
                f"{_rgb(rgb_of(colour))}."
            )
            do = "Paint the frame again, or dab that colour so that it belongs to the palette."
            found.append(shot.finding(what, do, frame.frame, spot.box))
    return found


def hints(shot: PaintedShot) -> list[Finding]:
    """Every hint is honoured: its region has its very colour.

    Two hints in one region cannot both be; then one of them has to go.
    """
    found = []
    for frame in shot.frames:
        for one in () if frame.pixels is None else frame.pixels.dishonoured:
            if one.is_contradiction:
                what = f"Another hint claims the same region, which is {_rgb(one.painted)} now."
                do = "Remove one of the two, or close the line between them."
            else:
                what = (
                    f"The hint says {_rgb(one.hinted)}, and {_counted(one.spot.area_px, 'pixel')} "
                    f"of its region {_are(one.spot.area_px)} {_rgb(one.painted)}."
                )
                do = "Paint the shot again."
            found.append(shot.finding(what, do, frame.frame, one.spot.box))
    return found


def unpainted(shot: PaintedShot) -> list[Finding]:
    """No region is without paint, unless a person allowed it.

    Regions that no colour reached stay empty. `limits.unpainted_px` lets small ones pass, a review
    lets a place pass.
    """
    least = shot.options.limits.unpainted_px
    found = []
    for frame in shot.frames:
        if not shot.is_flat or frame.pixels is None:
            continue
        places = [spot for spot in frame.pixels.unpainted if spot.area_px > least]
        found += _places(
            shot,
            "unpainted",
            frame.frame,
            places,
            told=lambda spot: (
                f"{_counted(spot.area_px, 'pixel')} {_are(spot.area_px)} without paint."
            ),
            do="Dab a colour there, or allow it by name in reviews.toml.",
        )
    return found


def flips(shot: PaintedShot) -> list[Finding]:
    """No thing changes its colour from one frame to the next without a hint that says so.

    Judged by following patches along the motion between two frames. A person may allow a
    change that is meant, such as a lamp that goes on.
    """
    found = []
    for frame in shot.frames:
        turned = () if frame.pixels is None else frame.pixels.turned
        told = [one for one in turned if not shot.is_allowed("flips", frame.frame, one.spot.box)]
        for one in told[:_MOST_PLACES]:
            what = (
                f"{_counted(one.spot.area_px, 'pixel')} {_are(one.spot.area_px)} {_rgb(one.now)}, "
                f"and the same thing was {_rgb(one.was)} in frame {one.source_frame} "
                f"(sure to {one.spot.value:.0%})."
            )
            do = "Dab the right colour on the frame, or allow it by name in reviews.toml."
            found.append(shot.finding(what, do, frame.frame, one.spot.box))
        found += _rest(shot, frame.frame, len(told) - _MOST_PLACES)
    return found


def doubtful(shot: PaintedShot) -> list[Finding]:
    """What celtint is not sure of has been looked at by a person.

    Regions under `limits.doubtful_below` are listed, most doubtful first. Dab the right colour, or
    leave word in reviews.toml who looked at them.
    """
    found = []
    for frame in shot.frames:
        found += _places(
            shot,
            "doubtful",
            frame.frame,
            list(() if frame.pixels is None else frame.pixels.doubtful),
            told=lambda spot: (
                f"A region of {_counted(spot.area_px, 'pixel')} has a confidence of only "
                f"{spot.value:.2f}."
            ),
            do="Look at it: dab the right colour, or allow it by name in reviews.toml.",
        )
    return found


def _places(
    shot: PaintedShot,
    rule: str,
    frame: int,
    places: list[Spot],
    *,
    told: Callable[[Spot], str],
    do: str,
) -> list[Finding]:
    """A finding for each place that nobody has allowed; of many, the first few and a count."""
    open_places = [spot for spot in places if not shot.is_allowed(rule, frame, spot.box)]
    found = [shot.finding(told(spot), do, frame, spot.box) for spot in open_places[:_MOST_PLACES]]
    return found + _rest(shot, frame, len(open_places) - _MOST_PLACES)


def _rest(shot: PaintedShot, frame: int, more: int) -> list[Finding]:
    if more <= 0:
        return []
    return [shot.finding(f"... and {_counted(more, 'more place')}.", "See above.", frame)]


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _rgb(colour: tuple[float, float, float]) -> str:
    return "(" + ", ".join(f"{value:.4g}" for value in colour) + ")"
