"""What a font file says about itself: the characters that it can draw, and the height of its line.

Only the tables `cmap` (formats 4 and 12), `head` and `OS/2` of an OpenType file are read.
"""

import struct
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FontFile:
    """Ranges of characters as sorted (first, last) pairs; ascent and descent above and below the baseline, in ems.

    Ascent and descent are those of the table `OS/2` for Windows, because libass takes its line height from them.
    """

    path: Path
    firsts: tuple[int, ...]
    lasts: tuple[int, ...]
    ascent: float
    descent: float

    def draws(self, character: str) -> bool:
        """Whether the file has a glyph for this character."""
        place = bisect_right(self.firsts, ord(character)) - 1
        return place >= 0 and ord(character) <= self.lasts[place]


@cache
def read_font(path: Path) -> FontFile:
    """Read one file; ValueError when it is no OpenType font."""
    content = path.read_bytes()
    count = struct.unpack_from(">H", content, 4)[0]
    tables = {
        content[12 + 16 * n : 16 + 16 * n]: struct.unpack_from(">I", content, 20 + 16 * n)[0] for n in range(count)
    }
    if not {b"cmap", b"head", b"OS/2"} <= tables.keys():
        raise ValueError(f"{path.name} is no OpenType font: tables cmap, head and OS/2 are needed")
    em = struct.unpack_from(">H", content, tables[b"head"] + 18)[0]
    ascent, descent = struct.unpack_from(">HH", content, tables[b"OS/2"] + 74)
    ranges = _ranges(content, tables[b"cmap"])
    return FontFile(path, tuple(a for a, _ in ranges), tuple(b for _, b in ranges), ascent / em, descent / em)


def _ranges(content: bytes, cmap: int) -> list[tuple[int, int]]:
    best: tuple[int, int] = (0, 0)
    for n in range(struct.unpack_from(">H", content, cmap + 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", content, cmap + 4 + 8 * n)
        table = cmap + offset
        layout = struct.unpack_from(">H", content, table)[0]
        unicode = platform == 0 or (platform == 3 and encoding in (1, 10))
        if unicode and layout in (4, 12):
            best = max(best, (layout, table))
    match best:
        case (12, table):
            groups = struct.unpack_from(">I", content, table + 12)[0]
            found = [struct.unpack_from(">II", content, table + 16 + 12 * n) for n in range(groups)]
            return [(first, last) for first, last in found]
        case (4, table):
            return _segments(content, table)
        case _:
            return []


def _segments(content: bytes, table: int) -> list[tuple[int, int]]:
    count = struct.unpack_from(">H", content, table + 6)[0] // 2
    ends, starts = table + 14, table + 16 + 2 * count
    deltas, offsets = starts + 2 * count, starts + 4 * count
    found: list[tuple[int, int]] = []
    for n in range(count):
        first, last = (struct.unpack_from(">H", content, place + 2 * n)[0] for place in (starts, ends))
        delta, offset = (struct.unpack_from(">H", content, place + 2 * n)[0] for place in (deltas, offsets))
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code
            if offset:
                glyph = struct.unpack_from(">H", content, offsets + 2 * n + offset + 2 * (code - first))[0]
                glyph = glyph and glyph + delta
            else:
                glyph += delta
            if glyph & 0xFFFF == 0:
                continue
            if found and found[-1][1] == code - 1:
                found[-1] = (found[-1][0], code)
            else:
                found.append((code, code))
    return found
