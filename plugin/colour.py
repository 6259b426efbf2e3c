"""Colour spaces: which one a file is in, and conversion between files and the working space.

All conversion is done by PyOpenColorIO with one config. OpenImageIO brings an OpenColorIO of its
own, of another version and with other silent fallbacks, and is not asked. Policies: docs/files.md.
"""

from __future__ import annotations

import difflib
import os
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import PyOpenColorIO as ocio
from numpy.typing import NDArray

from .errors import ColourError
from .header import Attribute, ImageHeader
from .pixels import HALF_MAX

# Every supported host can load this config; the "default" one differs between their versions.
PINNED_CONFIG = "ocio://cg-config-v2.1.0_aces-v1.3_ocio-v2.3"

# A missing file is not a kind of the library's own exception.
_OCIO_ERRORS = (ocio.Exception, ocio.ExceptionMissingFile)

# The working space, by the names that configs give it.
_WORKING_NAMES = ("sRGB - Texture", "srgb_tx", "srgb_texture", "srgb_rec709_scene", "sRGB")

# OpenImageIO's interop names, beside the aliases that configs know such a space by.
_INTEROP_NAMES = {
    "lin_ap1_scene": ("lin_ap1", "ACEScg"),
    "lin_ap0_scene": ("lin_ap0", "ACES2065-1"),
    "lin_rec709_scene": ("lin_rec709", "lin_rec709_srgb", "lin_srgb"),
    "lin_p3d65_scene": ("lin_p3d65",),
    "lin_rec2020_scene": ("lin_rec2020",),
    "srgb_rec709_scene": _WORKING_NAMES,
    "srgb_ap1_scene": ("srgb_encoded_ap1_tx", "srgb_ap1"),
    "srgb_p3d65_scene": ("srgb_encoded_p3d65_tx", "srgb_p3d65"),
    "g18_rec709_scene": ("g18_rec709_tx",),
    "g22_rec709_scene": ("g22_rec709_tx",),
    "g22_ap1_scene": ("g22_ap1_tx",),
}

# Red, green, blue and white, x and y: SMPTE ST 2065-1, ACES S-2014-004, ITU-R BT.709,
# SMPTE EG 432-1, ITU-R BT.2020.
_CHROMATICITIES = {
    "lin_ap0_scene": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767),
    "lin_ap1_scene": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767),
    "lin_rec709_scene": (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    "lin_p3d65_scene": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
    "lin_rec2020_scene": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
}


class SpaceChoice(NamedTuple):
    """The colour space of a file, and how it is known.

    Attributes:
        space: Name in the config.
        note: What an artist should be told where the space was assumed; "" where it is known.

    """

    space: str
    note: str = ""


class Colour:
    """One OpenColorIO config and the conversions with it; safe to share between threads.

    Attributes:
        config_name: What the config was loaded from.
        working_space: The config's name of display-referred sRGB.

    """

    def __init__(self, config: str | None = None) -> None:
        """Load a config: the argument, else $OCIO, else the pinned one.

        Args:
            config: File or `ocio://` address.

        Raises:
            ColourError: It cannot be loaded, or has no sRGB texture space.

        """
        self.config_name = config or os.environ.get("OCIO") or PINNED_CONFIG
        origin = "" if config or not os.environ.get("OCIO") else " (from $OCIO)"
        try:
            self._config = ocio.Config.CreateFromFile(self.config_name)
            self._config.validate()
        except _OCIO_ERRORS as error:
            raise ColourError(
                f"OpenColorIO config {self.config_name!r}{origin} cannot be used: {error}"
            ) from error
        working = self._first_known(_WORKING_NAMES)
        if working is None:
            raise ColourError(
                f"OpenColorIO config {self.config_name!r}{origin} has no sRGB texture space; "
                f"one of {', '.join(_WORKING_NAMES)} is needed"
            )
        self.working_space = working
        # Conversions are few and asked for once a frame; building one takes milliseconds.
        self._processor = lru_cache(maxsize=64)(self._build_processor)

    def __reduce__(self) -> tuple[type[Colour], tuple[str]]:
        """Another process has the same one, loaded anew."""
        return Colour, (self.config_name,)

    def spaces(self) -> tuple[str, ...]:
        """Names of the config's colour spaces."""
        return tuple(self._config.getColorSpaceNames())

    def check(self, name: str) -> str:
        """The config's own name of a colour space given by name, alias or role.

        Raises:
            ColourError: The config has no such space; the message suggests near names.

        """
        space = self._config.getColorSpace(name)
        if space is not None:
            return str(space.getName())
        known = {n.casefold(): n for n in self._names()}
        near = difflib.get_close_matches(name.casefold(), known, n=3, cutoff=0.5)
        near += [n for n in known if name.casefold() in n and n not in near][:3]
        hint = (
            f"did you mean {' or '.join(known[n] for n in near[:3])}?"
            if near
            else (f"it has {', '.join(self.spaces())}")
        )
        raise ColourError(f"{self.config_name} has no colour space {name!r}; {hint}")

    def space_of(self, header: ImageHeader, requested: str | None = None) -> SpaceChoice:
        """The colour space of a file: as requested, as the file says, else by its format.

        A file that says nothing is taken as the config's scene_linear (EXR) or as sRGB (PNG, TIFF);
        the choice then carries a note.

        Raises:
            ColourError: The space that is requested is unknown, or the config lacks scene_linear.

        """
        if requested:
            return SpaceChoice(self.check(requested))
        said = header.colour_name
        # OpenImageIO calls every PNG sRGB, whether the file says so or not; so does the policy.
        found = self._first_known((said, *_INTEROP_NAMES.get(said, ()))) if said else None
        if found is None and header.chromaticities is not None:
            found = self._from_chromaticities(header.chromaticities)
        if found is not None:
            return SpaceChoice(found)
        is_float = header.stored_type in ("half", "float")
        space = self.check("scene_linear") if is_float else self.working_space
        unknown = (
            f"names colour space {said!r}, unknown to the config"
            if said
            else ("does not say its colour space")
        )
        return SpaceChoice(space, f"{header.path.name} {unknown}; taken as {space}")

    def convert(self, rgb: NDArray[np.float32], source: str, target: str) -> NDArray[np.float32]:
        """Convert (..., 3) float32 from one space to another; a new array.

        No value is clipped: colours may lie outside [0, 1] on both sides.
        """
        converted = np.array(rgb, np.float32, order="C", copy=True)
        if self.check(source) != self.check(target) and converted.size:
            self._processor(source, target).applyRGB(converted)
        return converted

    def to_working(
        self, pixels: NDArray[Any], space: str, *, is_premultiplied: bool
    ) -> NDArray[np.float32]:
        """Straight RGBA in the working space from a file's pixels.

        Args:
            pixels: (..., 4) float16, float32, uint8 or uint16, in `space`.
            space: Colour space of the file.
            is_premultiplied: True where colour is multiplied by alpha.

        Returns:
            (..., 4) float32; alpha clipped to [0, 1], all 0 where alpha is 0.

        """
        straight = straight_rgba(pixels, is_premultiplied=is_premultiplied)
        straight[..., :3] = self.convert(straight[..., :3], space, self.working_space)
        return straight

    def to_file(self, rgb_srgb: NDArray[np.float32], space: str) -> NDArray[np.float16]:
        """Half floats of a file from (..., 3) float32 in the working space, clamped to +-65504."""
        return as_half(self.convert(rgb_srgb, self.working_space, space))

    def file_metadata(self, space: str) -> dict[str, str | Attribute]:
        """Metadata that tells other programs the colour space of an EXR.

        The name OpenImageIO knows the space by and, for linear spaces, its chromaticities, which
        nobody else writes; always `celtint:colorspace`, as names of custom spaces are dropped.
        """
        name = self.check(space)
        metadata: dict[str, str | Attribute] = {"celtint:colorspace": name}
        for interop, aliases in _INTEROP_NAMES.items():
            if self._first_known((interop, *aliases)) == name:
                metadata["oiio:ColorSpace"] = interop
                if interop in _CHROMATICITIES:
                    metadata["chromaticities"] = Attribute("float[8]", _CHROMATICITIES[interop])
                break
        return metadata

    def _build_processor(self, source: str, target: str) -> Any:
        try:
            processor = self._config.getProcessor(source, target)
            # Not the default optimisation: its fast powers cost up to a hundred half-float steps.
            return processor.getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS)
        except _OCIO_ERRORS as error:
            raise ColourError(
                f"{self.config_name} cannot convert {source} to {target}: {error}"
            ) from error

    def _names(self) -> list[str]:
        spaces = list(self._config.getColorSpaces())
        return [s.getName() for s in spaces] + [a for s in spaces for a in s.getAliases()]

    def _first_known(self, names: tuple[str, ...]) -> str | None:
        for name in names:
            space = self._config.getColorSpace(name)
            if space is not None:
                return str(space.getName())
        return None

    def _from_chromaticities(self, said: tuple[float, ...]) -> str | None:
        for interop, known in _CHROMATICITIES.items():
            if len(said) == len(known) and np.allclose(said, known, atol=1e-3):
                return self._first_known((interop, *_INTEROP_NAMES[interop]))
        return None


def straight_rgba(pixels: NDArray[Any], *, is_premultiplied: bool) -> NDArray[np.float32]:
    """(..., 4) float32 straight RGBA in the file's space; alpha in [0, 1], all 0 where it is 0."""
    straight = pixels.astype(np.float32)
    if pixels.dtype.kind == "u":
        straight /= np.iinfo(pixels.dtype).max
    alpha = np.clip(straight[..., 3:], 0.0, 1.0)
    if is_premultiplied:
        np.divide(straight, alpha, out=straight, where=alpha > 0)
    straight[..., 3:] = alpha
    straight *= alpha > 0
    return straight


def as_half(values: NDArray[np.float32]) -> NDArray[np.float16]:
    """Half floats, clamped to +-65504, where a plain cast would make infinity."""
    return np.clip(values, -HALF_MAX, HALF_MAX).astype(np.float16)
