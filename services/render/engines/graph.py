"""A graph of filters from typed parts: chains that take and give streams by labels of our own making."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.render.engines.ffmpeg import Filter

_LABEL = re.compile(r"[a-z0-9]+(:[av](:\d+)?)?")


@dataclass(frozen=True, slots=True)
class Chain:
    """Filters one after the other, from the streams `takes` to the stream `gives`. ValueError for a strange label."""

    takes: tuple[str, ...]
    filters: tuple[Filter, ...]
    gives: str

    def __post_init__(self) -> None:
        for label in (*self.takes, self.gives):
            if not _LABEL.fullmatch(label):
                raise ValueError(f"{label!r} is no label of a stream: use a-z and 0-9, or `0:v` for a file's pictures")

    def __str__(self) -> str:
        takes = "".join(f"[{label}]" for label in self.takes)
        return f"{takes}{','.join(map(str, self.filters))}[{self.gives}]"


def written(chains: Sequence[Chain]) -> str:
    """The graph as the program reads it."""
    return ";".join(map(str, chains))
