"""What Blender, a file and an OpenColorIO config call the same colour space.

Standard library only and valid Python 3.9.
"""

from __future__ import annotations

from collections.abc import Iterable

# The interop name that a file carries -> what the pinned ACES config calls the space, and what
# Blender calls it.
_NAMES = {
    "lin_ap1_scene": ("ACEScg", "ACEScg"),
    "lin_ap0_scene": ("ACES2065-1", "ACES2065-1"),
    "lin_rec709_scene": ("Linear Rec.709 (sRGB)", "Linear Rec.709"),
    "lin_rec2020_scene": ("Linear Rec.2020", "Linear Rec.2020"),
    "lin_p3d65_scene": ("Linear P3-D65", "Linear DCI-P3 D65"),
    "srgb_rec709_scene": ("sRGB - Texture", "sRGB"),
    "data": ("Raw", "Non-Color"),
}

# Red, green, blue, white; x and y. SMPTE ST 2065-1, ACES S-2014-004, ITU-R BT.709, ITU-R BT.2020.
_PRIMARIES = {
    "lin_ap0_scene": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767),
    "lin_ap1_scene": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767),
    "lin_rec709_scene": (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    "lin_rec2020_scene": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
}


def interop_name(space: str) -> str | None:
    """The interop name of a space by any of its names; None where it is not known.

    >>> interop_name("Linear Rec.709")
    'lin_rec709_scene'
    """
    for interop, names in _NAMES.items():
        if space == interop or space in names:
            return interop
    return None


def interop_of_primaries(chromaticities: Iterable[float]) -> str | None:
    """The interop name of a linear space by the primaries in an EXR header."""
    given = tuple(chromaticities)
    for interop, primaries in _PRIMARIES.items():
        if len(given) == len(primaries) and all(
            abs(one - other) < 5e-4 for one, other in zip(given, primaries)
        ):
            return interop
    return None


def blender_space(space: str, known: Iterable[str]) -> str | None:
    """What Blender calls a space, given any of its names, out of the spaces that it has.

    >>> blender_space("Linear Rec.709 (sRGB)", ["Linear Rec.709", "sRGB"])
    'Linear Rec.709'
    """
    there = set(known)
    if space in there:
        return space
    interop = interop_name(space)
    # A studio's config in $OCIO may keep the names of the ACES config.
    names = () if interop is None else reversed(_NAMES[interop])
    return next((name for name in names if name in there), None)


def job_space(space: str, *, custom_config: bool) -> str | None:
    """What a job calls the space that a strip is set to.

    Args:
        space: The strip's colour space, as Blender names it.
        custom_config: True where `$OCIO` names a config: Blender and celtint both read it, so the
            names are the same.

    Returns:
        A name that the pinned config knows; None where it has no such space.

    """
    if custom_config:
        return space
    interop = interop_name(space)
    return None if interop is None else _NAMES[interop][0]
