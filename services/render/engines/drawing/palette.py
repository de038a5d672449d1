"""Six palettes, each tried by eye on moving backgrounds; a film's title chooses, so its pictures always match."""

import hashlib
from dataclasses import dataclass

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """Background colours from deep to light, ink for text, muted ink for what is secondary, one accent.

    `caption_field` lies behind captions, `caption_ink` is what was said, `caption_dim` what is yet to be said.
    """

    name: str
    deep: Colour
    middle: Colour
    glow: Colour
    glint: Colour
    ink: Colour
    muted: Colour
    accent: Colour
    caption_field: Colour
    caption_ink: Colour
    caption_dim: Colour
    caption_accent: Colour


def _colour(code: str) -> Colour:
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def _palette(name: str, *codes: str) -> Palette:
    return Palette(name, *map(_colour, codes))


_DARK = ("FFFFFF", "9FA8BC")

PALETTES: tuple[Palette, ...] = (
    _palette(
        "midnight", "0B1224", "13203F", "24407A", "5A3A78", "F5F2EA", "B4BFD5", "FFC35C", "070B16", *_DARK, "FFC35C"
    ),
    _palette("paper", "F6F0E4", "F1E6D3", "EBCFB4", "F3D9A8", "211C17", "5A5044", "B5361A", "211C17", *_DARK, "FFB199"),
    _palette(
        "forest", "0B211B", "10342A", "1A5340", "305628", "F2F0E2", "B4CBBD", "D3E76A", "06130F", *_DARK, "D3E76A"
    ),
    _palette("plum", "1E0F26", "331A40", "5E2C63", "7A3450", "FAF1F5", "D0BAD3", "FF9DB0", "12081A", *_DARK, "FF9DB0"),
    _palette("fog", "EDF1F5", "E0E8F0", "BFD3E8", "D6CDE8", "142032", "455468", "2049CC", "142032", *_DARK, "9DBBFF"),
    _palette("ember", "21120D", "3A1D14", "74331F", "63401A", "FBF1E6", "D2B7A3", "FF9B61", "140A06", *_DARK, "FF9B61"),
)


def palette_of(title: str) -> Palette:
    """The palette of a film with this title."""
    digest = hashlib.sha256(title.strip().lower().encode("utf-8", "replace")).digest()
    return PALETTES[digest[0] % len(PALETTES)]


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of `other` in `one`, 0 to 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of WCAG 2, from 1 to 21; 4.5 is enough for text."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    parts = [value / 255 for value in colour]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
