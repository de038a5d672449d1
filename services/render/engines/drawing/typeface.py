"""Typefaces: which file draws which characters of a text, and how wide the text becomes.

Headings are set in Source Serif 4 Display, everything else in Inter; characters that these lack come from a chain of
other fonts. All files lie in `services/render/fonts`, so a film looks the same wherever it is made.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont

from services.render.engines.drawing.fontfile import FontFile, read_font

FONTS = Path(__file__).resolve().parents[2] / "fonts"


class Role(StrEnum):
    """What a text is for."""

    DISPLAY = "display"
    STRONG = "strong"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Face:
    """A font file, and the family name under which libass finds it."""

    family: str
    file: str

    @property
    def font(self) -> FontFile:
        return read_font(FONTS / self.file)


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring characters that one face draws."""

    text: str
    face: Face


_FIRST: dict[Role, tuple[Face, ...]] = {
    Role.DISPLAY: (
        Face("Source Serif 4 Display Semibold", "SourceSerif4Display-Semibold.ttf"),
        Face("Inter Semi Bold", "Inter-SemiBold.otf"),
    ),
    Role.STRONG: (Face("Inter Semi Bold", "Inter-SemiBold.otf"),),
    Role.TEXT: (Face("Inter Medium", "Inter-Medium.otf"),),
}
_SCRIPTS = (
    *("Arabic", "Hebrew", "Devanagari", "Thai", "Bengali", "Tamil", "Telugu"),
    *("Gujarati", "Georgian", "Armenian", "Ethiopic", "Khmer"),
)
_SIGNS = (
    Face("Noto Emoji Medium", "NotoEmoji-Medium.ttf"),
    Face("Noto Sans Math", "NotoSansMath-Regular.ttf"),
    Face("Noto Sans Symbols2", "NotoSansSymbols2-Regular.ttf"),
)
_THEN: tuple[Face, ...] = (
    *(Face(f"Noto Sans {script}", f"NotoSans{script}-Regular.ttf") for script in _SCRIPTS),
    Face("Droid Sans Fallback", "DroidSansFallbackFull.ttf"),
    Face("NanumSquare Bold", "NanumSquareB.ttf"),  # after Droid: its Chinese characters are empty
    *_SIGNS,
    Face("DejaVu Sans", "DejaVuSans.ttf"),
)
_EMOJI = "\ufe0f"
_CLINGING = frozenset({"Mn", "Me", "Mc", "Cf", "Sk"})
_BESIDE = frozenset({"Zs", "Po", "Pd", "Ps", "Pe", "Nd"})


@cache
def _chain(role: Role) -> tuple[Face, ...]:
    return (*_FIRST[role], *_THEN)


@lru_cache(maxsize=20_000)
def _face_of(character: str, role: Role) -> Face:
    chain = _chain(role)
    return next((face for face in chain if face.font.draws(character)), chain[0])


def runs(text: str, role: Role) -> list[Run]:
    """Cut a text into runs. Marks, joiners and, where it can draw them, spaces and points stay with the face before."""
    found: list[Run] = []
    for place, character in enumerate(text):
        face = _face_of(character, role)
        before = found[-1].face if found else None
        category = unicodedata.category(character)
        beside = category in _BESIDE and before not in _SIGNS
        if before and (category in _CLINGING or (beside and before.font.draws(character))):
            face = before
        elif text[place + 1 : place + 2] == _EMOJI:
            face = next(
                (one for one in _THEN if one.family.startswith("Noto Emoji") and one.font.draws(character)), face
            )
        if face == before:
            found[-1] = Run(found[-1].text + character, face)
        else:
            found.append(Run(character, face))
    return found


@lru_cache(maxsize=256)
def loaded(face: Face, size: float) -> ImageFont.FreeTypeFont:
    """The face at `size` pixels an em, ready to draw with Pillow."""
    return ImageFont.truetype(str(FONTS / face.file), size)


@lru_cache(maxsize=50_000)
def width(text: str, role: Role, size: float, tracking: float = 0.0) -> float:
    """The width of one line in pixels; `tracking` is added after each character."""
    return sum(loaded(run.face, size).getlength(run.text) for run in runs(text, role)) + tracking * len(text)


def is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left."""
    return next(_directions(text), "L") != "L"


def _directions(text: str) -> Iterator[str]:
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            yield direction
