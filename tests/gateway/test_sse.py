"""Following a session: no event is lost, none is repeated, whatever the timing."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.auth.reach import Reach
from services.gateway.live import sse
from services.gateway.ports.news import Progress
from services.gateway.stored import Stored
from tests.gateway import samples
from tests.gateway.memory import MemoryDocuments
from tests.gateway.samples import JOB, SESSION
from tests.gateway.test_bad_input import assert_problem
from tests.gateway.world import OURS, World

PATH = f"/v1/sessions/{SESSION}/events"
STORY = ("session.started", "session.stages_requested", "session.prompt_refined", "session.completed")


def happened(world: World, types: Sequence[str] = STORY, first: int = 1, **session: Any) -> None:
    for version, type_ in enumerate(types, first):
        world.documents.put("session_history", samples.row(OURS, version, type_))
    version = first + len(types) - 1
    world.documents.put("sessions", samples.session(OURS, version=version, **session))


def parsed(content: bytes) -> list[dict[str, str]]:
    """The events of a stream, as a browser would see them."""
    blocks = [block for block in content.decode().split("\n\n") if block]
    fields = [dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":") for block in blocks]
    return [one for one in fields if "data" in one]


def ids(events: Sequence[dict[str, str]]) -> list[int]:
    return [int(event["id"]) for event in events if "id" in event]


async def test_a_finished_session_is_told_from_its_beginning_to_its_end(
    client: httpx.AsyncClient, world: World
) -> None:
    happened(world, status="completed")
    answer = await client.get(PATH)
    events = parsed(answer.content)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.content.startswith(b"retry: 1000\n\n")
    assert [event["event"] for event in events] == list(STORY)
    assert ids(events) == [1, 2, 3, 4]
    assert json.loads(events[0]["data"])["eventId"]


@pytest.mark.parametrize("how", ["header", "query"])
async def test_a_client_goes_on_after_the_last_event_that_it_saw(
    client: httpx.AsyncClient, world: World, how: str
) -> None:
    happened(world, status="completed")
    header, query = ({"Last-Event-ID": "2"}, {}) if how == "header" else ({}, {"after": "2"})
    assert ids(parsed((await client.get(PATH, headers=header, params=query)).content)) == [3, 4]


async def test_a_client_who_saw_the_end_is_told_not_to_come_back(client: httpx.AsyncClient, world: World) -> None:
    happened(world, status="completed")
    assert (await client.get(PATH, headers={"Last-Event-ID": "4"})).status_code == 204


@pytest.mark.parametrize("position", ["x", "-1", "1.5", "9" * 19, "٣"])
async def test_a_position_that_cannot_be_read_is_400(client: httpx.AsyncClient, world: World, position: str) -> None:
    happened(world)
    assert_problem(await client.get(PATH, params={"after": position}), 400, "position.invalid", "send an `id`")


async def test_a_session_that_failed_and_was_tried_again_is_told_to_its_last_end(
    client: httpx.AsyncClient, world: World
) -> None:
    happened(world, (*STORY[:2], "session.failed", "session.retried", "session.completed"), status="completed")
    assert ids(parsed((await client.get(PATH)).content)) == [1, 2, 3, 4, 5]


async def test_progress_is_news_without_a_position(world: World) -> None:
    happened(world, STORY[:2])
    world.news.tell(Progress(str(JOB), str(SESSION), OURS, "speech", 12.5, 80, 9_000))
    stream = sse.session_events(world.gateway(), Reach(OURS), str(SESSION), 0)
    told = [await anext(stream) for _ in range(4)]
    [news] = parsed(told[-1])
    assert news["event"] == "progress"
    assert "id" not in news
    assert json.loads(news["data"]) == {
        "jobId": str(JOB),
        "stage": "speech",
        "percent": 12.5,
        "stagePercent": 80,
        "etaMs": 9_000,
    }
    await stream.aclose()


async def test_when_the_process_ends_the_stream_ends(world: World) -> None:
    happened(world, STORY[:2])
    stream = sse.session_events(world.gateway(), Reach(OURS), str(SESSION), 2)
    assert await anext(stream) == b"retry: 1000\n\n"
    asyncio.get_running_loop().call_soon(world.news.close)
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_when_the_store_goes_away_the_stream_ends_so_that_the_client_comes_back(world: World) -> None:
    happened(world, STORY[:2])
    stream = sse.session_events(world.gateway(), Reach(OURS), str(SESSION), 0)
    assert ids(parsed(b"".join([await anext(stream) for _ in range(3)]))) == [1, 2]
    world.documents.away = True
    asyncio.get_running_loop().call_soon(world.news.perhaps)
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


class Interrupting(MemoryDocuments):
    """While a reader reads, more is written: as many rows as `bursts` says, with or without a word about it."""

    def __init__(self, bursts: Sequence[tuple[int, bool]], world: World) -> None:
        super().__init__()
        self.bursts, self.world, self.version = list(bursts), world, 0

    async def history(self, reach: Reach, stream: str, *, after: int, limit: int) -> Sequence[Stored]:
        before = await super().history(reach, stream, after=after, limit=limit)
        rows, later = self.bursts.pop(0) if self.bursts else (0, False)
        for n in range(rows):
            self.version += 1
            type_ = "session.completed" if not self.bursts and n == rows - 1 else "session.prompt_refined"
            self.put("session_history", samples.row(OURS, self.version, type_))
        found = before if later else await super().history(reach, stream, after=after, limit=limit)
        self.world.news.written(stream)
        return found


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.booleans()), min_size=1, max_size=8), st.integers(1, 20))
def test_nothing_is_lost_or_repeated_across_any_cut(bursts: list[tuple[int, bool]], cut_after: int) -> None:
    async def follow() -> list[int]:
        world = World()
        gateway = world.gateway(documents=Interrupting(bursts, world))
        seen: list[int] = []
        while len(seen) < sum(rows for rows, _ in bursts):
            async with asyncio.timeout(5):
                stream = sse.session_events(gateway, Reach(OURS), str(SESSION), seen[-1] if seen else 0)
                for _ in range(cut_after + 1):
                    seen += ids(parsed(await anext(stream, b"")))
                await stream.aclose()
        return seen

    assert asyncio.run(follow()) == list(range(1, sum(rows for rows, _ in bursts) + 1))
