"""What a run has to leave behind, by name of the invariant; every breach is one sentence."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from uuid import UUID

import asyncpg
import msgspec
import psutil

from blobs.store import BlobError
from eventlog.errors import Corrupt, Unavailable
from tests.chaos import invariants
from tests.chaos.history import History, read_histories
from tests.chaos.seeds.anomaly import Anomaly
from tests.chaos.seeds.load import Wish
from tests.chaos.stores import never_back, places_of, stores_equal_the_log, stores_of
from tests.chaos.system import System, encoding

OVER = frozenset({"job.completed", "job.failed", "job.canceled", "job.expired", "job.purged"})
ALIVE = frozenset({"job.queued", "job.retried"})
SETTLED_SECONDS = 30.0
"""From the moment on that everything is healed."""
LOST_SECONDS = 180.0
"""Without anything that moves: no decision, no document, no encoder that has worked."""
MOST_SECONDS = 600.0
LOOK_SECONDS = 1.0
WATCH_SECONDS = 2.0
AWAY = (Unavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
"""What is raised while a part is away."""


async def settled(system: System, tell: Callable[[str], None]) -> Mapping[str, History]:
    """The log, once everything in it is decided and projected and every job is over.

    Fails with what is left when nothing has moved for `LOST_SECONDS`, or all of it took `MOST_SECONDS`; `tell` hears of
    it all the time.
    """
    loop = asyncio.get_running_loop()
    began = moved = loop.time()
    waiting, seen = ["the log"], (["the log"], 0.0)
    while loop.time() - moved < LOST_SECONDS and loop.time() - began < MOST_SECONDS:
        with suppress(*AWAY):
            histories = await read_histories(system.endpoints)
            waiting = [*_waiting(histories)] or await _behind(system, histories)
            if not waiting:
                return histories
            tell(f"lag: {waiting[0]}" + (f", and {len(waiting) - 1} more" if len(waiting) > 1 else ""))
        if seen != (seen := (waiting, await _encoded(system))):
            moved = loop.time()
        await asyncio.sleep(LOOK_SECONDS)
    raise AssertionError(f"not settled {loop.time() - began:.0f} s after everything was healed: {waiting[:3]}")


async def _encoded(system: System) -> float:
    """Seconds of a processor that the encoders that run now have taken."""
    seconds = 0.0
    with suppress(psutil.NoSuchProcess):
        for one in await encoding(system) or ():
            seconds += sum(one.cpu_times()[:2])
    return seconds


def _waiting(histories: Mapping[str, History]) -> Iterator[str]:
    for service, history in histories.items():
        for one in history.undecided():
            yield f"command {one} of {service}"
    jobs: dict[str, str] = {}
    for one in histories["render"].counted:
        for recorded in one.commit.events:
            if recorded.type in OVER | ALIVE:
                jobs[one.commit.stream] = recorded.type
    for stream, last in jobs.items():
        if last in ALIVE:
            yield f"{stream}, which is not over"


async def _behind(system: System, histories: Mapping[str, History]) -> list[str]:
    ends = {
        place: records[-1].offset + 1
        for history in histories.values()
        for place, records in history.events.items()
        if records
    }
    found: list[str] = []
    async with stores_of(system) as stores:
        for kept, store in stores:
            places = await places_of(store)
            mine = {place: end for place, end in ends.items() if place[0] == kept.projector.topic.name}
            found += [f"{kept.name} at {place}" for place, end in mine.items() if places.get(place, 0) < end]
    return found


async def watch(system: System, anomalies: list[Anomaly]) -> None:
    """Look at every checkpoint again and again, until cancelled: none may go back."""
    async with stores_of(system) as stores:
        seen: dict[str, Mapping[tuple[str, int], int]] = {}
        while True:
            for kept, store in stores:
                with suppress(*AWAY):
                    now = await places_of(store)
                    try:
                        never_back(seen.get(kept.name, {}), now)
                    except AssertionError as error:
                        anomalies.append(Anomaly("I7", f"{kept.name} went back: {error}"))
                    seen[kept.name] = now
            await asyncio.sleep(WATCH_SECONDS)


async def judged(system: System, wishes: Sequence[Wish], histories: Mapping[str, History]) -> list[Anomaly]:
    """Every invariant that does not hold; all of them are looked at."""
    found: list[Anomaly] = []
    for name, check in _checks(system, wishes, histories):
        try:
            answer = check()
            if answer is not None:
                await answer
        except (AssertionError, BlobError, Corrupt) as error:
            found.append(Anomaly(name, str(error)[:1_000]))
    return found


def _checks(
    system: System, wishes: Sequence[Wish], histories: Mapping[str, History]
) -> Iterator[tuple[str, Callable[[], Awaitable[None] | None]]]:
    """I5 was looked at when the histories were read, I7 while the faults happened, too."""
    session, render = histories["session"], histories["render"]
    yield "I1", lambda: told_the_truth(wishes, session)
    yield "I1", lambda: started_at_most_once(wishes, session)
    for service, history in histories.items():
        yield "I2", partial(invariants.one_outcome_each, history)
        yield "I3", partial(invariants.versions_follow, history)
        yield "I4", partial(invariants.decided_the_same, system, service, history)
    yield "I4", lambda: invariants.amounts_sum_to_the_balance(session)
    yield "I6", lambda: stores_equal_the_log(system)
    yield "I9", lambda: invariants.completed_once(render)
    yield "I9", lambda: invariants.artifacts_are_there(system, render)
    yield "I10", lambda: invariants.no_stage_of_an_old_turn(render)


def told_the_truth(wishes: Sequence[Wish], history: History) -> None:
    """What was acknowledged has one outcome, what was refused none, of what is unknown there is one or none."""
    outcomes = Counter(one.commit.command_id for one in history.counted)
    allowed = {"acknowledged": (1,), "refused": (0,), "unknown": (0, 1)}
    wrong = [
        f"{wish.method} {wish.path} was {wish.fate} ({wish.answered}) and has {outcomes[wish.command]} outcome(s)"
        for wish in wishes
        if outcomes[wish.command] not in allowed[wish.fate]
    ]
    assert not wrong, "; ".join(wrong)


def started_at_most_once(wishes: Sequence[Wish], history: History) -> None:
    """Of the sessions that were wished for."""
    started = Counter(
        UUID(msgspec.json.decode(recorded.data)["sessionId"])
        for one in history.counted
        for recorded in one.commit.events
        if recorded.type == "session.started"
    )
    twice = [str(wish.session) for wish in wishes if wish.session and started[wish.session] > 1]
    assert not twice, f"started more than once: {twice}"
