"""Byte ranges (RFC 9110, section 14): which part of a file a request asks for."""

import re
from typing import NamedTuple

_ONE = re.compile(r"bytes=\s*([0-9]{0,19})-([0-9]{0,19})\s*", re.ASCII)


class Span(NamedTuple):
    """Bytes from `start` up to but without `end`."""

    start: int
    end: int


class Unsatisfiable(ValueError):
    """The file has no byte of what was asked for."""


def asked(header: str | None, size: int) -> Span | None:
    """The part that `Range` asks for; None for the whole file.

    A header that is no range, or that names several, is ignored, as the standard allows. Raises `Unsatisfiable`.
    """
    match = _ONE.fullmatch(header or "")
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        length = int(last)
        if length == 0 or size == 0:
            raise Unsatisfiable
        return Span(max(size - length, 0), size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return Span(start, min(int(last) + 1, size) if last else size)


def tags(header: str) -> set[str]:
    """The entity tags of `If-None-Match`; a weak one counts as its strong one."""
    return {one.strip().removeprefix("W/") for one in header.split(",") if one.strip()}
