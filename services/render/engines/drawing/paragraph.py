"""Lines: breaking a text where a reader expects it, and finding the largest size at which it fits."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.render.engines.drawing.typeface import Role, width
from services.render.engines.prose import tokens

ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Setting:
    """Lines of text at one size, top to bottom; sizes and widths in pixels."""

    lines: tuple[str, ...]
    size: float
    leading: float

    @property
    def height(self) -> float:
        return len(self.lines) * self.leading


def wrap(text: str, role: Role, size: float, available: float) -> list[str]:
    """Break into lines no wider than `available`; only a word that is wider by itself is broken inside."""
    lines: list[str] = []
    line = ""
    for token in tokens(text):
        joined = line + token.text if token.glued or not line else f"{line} {token.text}"
        if width(joined, role, size) <= available:
            line = joined
            continue
        if line:
            lines.append(line)
        *whole, line = _pieces(token.text, role, size, available)
        lines.extend(whole)
    return [*lines, line] if line else lines


def _pieces(word: str, role: Role, size: float, available: float) -> list[str]:
    pieces = [""]
    for character in word:
        if pieces[-1] and width(pieces[-1] + character, role, size) > available:
            pieces.append("")
        pieces[-1] += character
    return pieces


def balanced(text: str, role: Role, size: float, available: float) -> list[str]:
    """Like `wrap`, with the same number of lines, but as even as possible: no lonely last word."""
    lines = wrap(text, role, size, available)
    if len(lines) < 2:
        return lines
    low, high = available / len(lines) * 0.8, available
    for _ in range(9):
        middle = (low + high) / 2
        if len(wrap(text, role, size, middle)) == len(lines):
            high = middle
        else:
            low = middle
    return wrap(text, role, size, high)


def fit(
    text: str,
    role: Role,
    sizes: Sequence[float],
    available: float,
    height: float,
    *,
    most_lines: int = 4,
    leading: float = 1.16,
) -> Setting:
    """The first of `sizes` (large to small) at which the text fits; at the last one it ends in an ellipsis instead."""
    for size in sizes:
        lines = balanced(text, role, size, available)
        unbroken = all(width(token.text, role, size) <= available for token in tokens(text))
        if unbroken and len(lines) <= most_lines and len(lines) * size * leading <= height:
            return Setting(tuple(lines), size, size * leading)
    size = sizes[-1]
    room = max(min(most_lines, int(height // (size * leading))), 1)
    lines = wrap(text, role, size, available)
    if len(lines) > room:
        lines = [*lines[: room - 1], clipped(lines[room - 1] + ELLIPSIS, role, size, available)]
    return Setting(tuple(lines), size, size * leading)


def clipped(text: str, role: Role, size: float, available: float) -> str:
    """One line, cut off with an ellipsis where it is too wide."""
    if width(text, role, size) <= available:
        return text
    rest = text.rstrip(ELLIPSIS)
    while rest and width(rest.rstrip(" ,;:.–—") + ELLIPSIS, role, size) > available:
        rest = rest[:-1]
    return rest.rstrip(" ,;:.–—") + ELLIPSIS
