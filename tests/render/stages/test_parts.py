"""A film is made in parts that the next worker finds: it loses one at most, and the film is the same."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blobs.memory import MemoryBlobs
from blobs.store import BlobStoreUnavailable
from contracts.rendering import Stage, StageOutput
from services.render.engines.ffmpeg import Ffmpeg
from services.render.pipeline import run_stage
from services.render.stages import parts
from services.render.stages.errors import StageFailed
from services.render.stages.filming import spans
from services.render.stages.notes import PlainNotes
from services.render.stages.parts import StoredParts
from services.render.stages.tools import Tools
from tests.render.stages.conftest import INPUTS, Made, tools_of

JOB, OTHER = "job-1", "job-2"
SECONDS = 2
"""Of a part: so short that a small film has some."""


@dataclass(frozen=True, slots=True)
class Encoder(Ffmpeg):
    """Knows what it was to make, and is killed when it is to make `killed_at`."""

    killed_at: str = ""
    made: list[str | None] = field(default_factory=list[str | None])

    async def run(self, *arguments: Any, **named: Any) -> str:
        target = arguments[2].file
        if target == self.killed_at:
            raise StageFailed("video.killed", "ffmpeg was killed", retryable=True)
        self.made.append(target)
        return await Ffmpeg.run(self, *arguments, **named)


class Away(MemoryBlobs):
    """Takes no notes, and knows none."""

    async def note(self, name: str, content: bytes) -> None:
        raise BlobStoreUnavailable("no route to the store")

    async def noted(self, name: str) -> bytes | None:
        raise BlobStoreUnavailable("no route to the store")

    async def names(self, folder: str) -> AsyncIterator[str]:
        raise BlobStoreUnavailable("no route to the store")
        yield folder


def worker(blobs: MemoryBlobs, encoder: Encoder) -> Tools:
    return replace(tools_of(blobs, encoder), part_seconds=SECONDS, parts=StoredParts(blobs, PlainNotes(), JOB))


async def film(tides: Made, tools: Tools, folder: Path) -> StageOutput:
    return await run_stage(Stage.VIDEO, INPUTS, tides.done, tools, folder, lambda _: None)


def store_of(tides: Made) -> MemoryBlobs:
    """What the stages before have left."""
    blobs = MemoryBlobs()
    blobs.kept = dict(tides.blobs.kept)
    return blobs


async def test_who_takes_a_film_over_makes_only_the_parts_that_are_not_there(tides: Made, tmp_path: Path) -> None:
    alone, undisturbed = Encoder(), store_of(tides)
    wanted = await film(tides, worker(undisturbed, alone), tmp_path)
    *names, whole = alone.made
    assert (names, whole) == ([f"part-{number:04}.mp4" for number in range(len(names))], "video.mp4")
    assert len(names) > 2

    blobs, first, second = store_of(tides), Encoder(killed_at=names[2] or ""), Encoder()
    with pytest.raises(StageFailed, match="killed"):
        await film(tides, worker(blobs, first), tmp_path)
    assert await parts.count(blobs, JOB) == 2
    assert await film(tides, worker(blobs, second), tmp_path) == wanted
    assert second.made == [*names[2:], whole]
    assert await parts.count(blobs, JOB) == 0, "the film is whole: nobody needs its parts any more"


async def test_a_store_that_is_away_keeps_no_part_and_spoils_no_film(tides: Made, tmp_path: Path) -> None:
    away, encoder = Away(), Encoder()
    tools = worker(away, encoder)
    assert await tools.parts.kept("key", 0) is None
    await tools.parts.keep("key", 0, b"part")
    await tools.parts.forget()
    assert await parts.count(away, JOB) == 0


async def test_parts_that_make_no_film_are_forgotten(tides: Made, tmp_path: Path) -> None:
    blobs, broken = store_of(tides), Encoder(killed_at="video.mp4")
    with pytest.raises(StageFailed):
        await film(tides, worker(blobs, broken), tmp_path)
    assert await parts.count(blobs, JOB) == 0


async def test_a_part_is_of_its_job_and_of_its_output() -> None:
    blobs = MemoryBlobs()
    mine, theirs = (StoredParts(blobs, PlainNotes(), stream) for stream in (JOB, OTHER))
    await mine.keep("a", 0, b"mine")
    await theirs.keep("a", 0, b"theirs")
    assert await mine.kept("a", 0) == b"mine"
    assert (await mine.kept("a", 1), await mine.kept("b", 0)) == (None, None)
    assert await parts.streams(blobs) == {JOB, OTHER}
    await mine.forget()
    assert (await mine.kept("a", 0), await theirs.kept("a", 0)) == (None, b"theirs")


@given(st.integers(1, 10_000), st.integers(1, 500))
def test_parts_are_the_whole_film_and_none_is_shorter_than_it_should_be(count: int, length: int) -> None:
    found = spans(count, length)
    assert [number for span in found for number in span] == list(range(count))
    assert all(len(span) == length for span in found[:-1])
    assert len(found[-1]) < 2 * length
    assert len(found) == 1 or len(found[-1]) >= length
