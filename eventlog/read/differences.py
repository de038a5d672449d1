"""Where two documents or rows differ, as deep as it can be named, and their values as people may see them."""

from collections.abc import Iterator, Mapping
from typing import Any

from eventlog.read.canonical import canonical

_SHOWN = 16
"""Characters of a text: it may be a person's."""


def differences(path: str, expected: Any, actual: Any) -> Iterator[tuple[str, str, str]]:
    """(path, expected, actual) of each value that differs."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for name in sorted({*expected, *actual}, key=str):
            yield from differences(f"{path}.{name}".lstrip("."), expected.get(name, _ABSENT), actual.get(name, _ABSENT))
    elif isinstance(expected, list | tuple) and isinstance(actual, list | tuple) and len(expected) == len(actual):
        for n, (should, is_) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(f"{path}[{n}]", should, is_)
    elif expected is _ABSENT or actual is _ABSENT or canonical({"": expected}) != canonical({"": actual}):
        yield path, shown(expected), shown(actual)


class _Absent:
    """No such field."""


_ABSENT = _Absent()


def shown(value: Any) -> str:
    """A value, short."""
    if isinstance(value, _Absent):
        return "no such field"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        return repr(value) if len(value) <= _SHOWN else f"{value[:_SHOWN]!r}… ({len(value)} characters)"
    if isinstance(value, Mapping | list | tuple):
        return f"{len(value)} in a {type(value).__name__}"
    return repr(value)
