"""What a storm sends, how it ends processes, and what is counted of it: each promise that is not kept shows."""

import signal
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from uuid import UUID

import msgspec
import pytest

from contracts.envelope import Command, Commit
from contracts.topics import SESSION_EVENTS
from eventlog.commit import Record, link, start
from eventlog.errors import Unavailable
from tests.chaos.goals.goal import Outcome
from tests.chaos.goals.promises import once_and_in_order, recovered, sound
from tests.chaos.goals.rounds import ACTS, Numbered, rounds
from tests.chaos.goals.sending import SENT_AT_ONCE, Sending
from tests.chaos.goals.victims import End, each_by_itself, in_rounds
from tests.chaos.history import History
from tests.chaos.seeds.anomaly import Anomaly

STORIES, ROUNDS = 5, ACTS + 3
PROMISED = ("acknowledged", "lost", "doubled", "out of order")
ENDS = [("session", 8.0), ("session", 2.0), ("kafka", 5.0)]
Order = Callable[[list[Command]], list[Command]]


def sent() -> list[Command]:
    return list(islice(rounds(STORIES, seed=7), STORIES * ROUNDS))


def decided(commands: Sequence[Command]) -> History:
    """A log in which each of them was given a commit that counts, in that order, on one partition."""
    history = History()
    for command in commands:
        history.hear(command)
    history.follow(SESSION_EVENTS.name, 0, list(_records(commands)))
    return history


def _records(commands: Sequence[Command]) -> Iterator[Record]:
    head = start(SESSION_EVENTS.name, 0).head
    for offset, one in enumerate(commands):
        commit = Commit(
            stream=one.stream,
            version=0,
            command_id=one.id,
            command_type=one.type,
            payload_hash="",
            at=one.at,
            tenant=one.tenant,
            actor=one.actor,
        )
        linked = link(head, one.stream.encode(), msgspec.json.encode(commit))
        yield Record(offset, *linked)
        head = linked.id


def counted(commands: Sequence[Command], history: History, unanswered: int = 0) -> Outcome:
    """Of which all but so many were acknowledged."""
    outcome, numbered = Outcome("R0", "nothing"), Numbered()
    acknowledged = {command.id for command in commands[: len(commands) - unanswered]}
    once_and_in_order(outcome, [numbered.wish(command) for command in commands], acknowledged, history)
    return outcome


def test_two_commands_of_a_stream_are_never_on_their_way_at_once() -> None:
    commands = sent()
    assert len({command.id for command in commands}) == len(commands)
    assert len({command.stream for command in commands}) == 2 * STORIES
    for first in range(len(commands) - STORIES + 1):
        at_once = [command.stream for command in commands[first : first + STORIES]]
        assert len(set(at_once)) == STORIES


def test_a_seed_is_the_same_commands() -> None:
    assert [(one.id, one.stream, one.data) for one in sent()] == [(one.id, one.stream, one.data) for one in sent()]


def test_what_was_decided_once_and_in_order_misses_nothing() -> None:
    outcome = counted(sent(), decided(sent()))
    assert outcome.missed == []
    assert outcome.figures["commands"] == STORIES * ROUNDS
    assert outcome.figures["streams"] == 2 * STORIES


@pytest.mark.parametrize(
    ("tampered", "missed"),
    [
        pytest.param(lambda log: log[:-1], "lost: 1, and 0 is the most", id="a commit that is not there"),
        pytest.param(lambda log: [*log, log[3]], "doubled: 1, and 0 is the most", id="a commit that is there twice"),
        pytest.param(
            lambda log: [*log[: -2 * STORIES], *log[-STORIES:], *log[-2 * STORIES : -STORIES]],
            f"out of order: {STORIES}, and 0 is the most",
            id="a round before the one before it",
        ),
    ],
)
def test_what_was_lost_doubled_or_moved_is_missed(tampered: Order, missed: str) -> None:
    assert counted(sent(), decided(tampered(sent()))).missed == [missed]


def test_what_nobody_acknowledged_is_missed_too() -> None:
    assert counted(sent(), decided(sent()), unanswered=1).missed == ["acknowledged: 34, and 35 is the least"]


def test_who_was_ended_too_seldom_is_missed() -> None:
    outcome = Outcome("R0", "nothing")
    recovered(outcome, ENDS, ["session", "kafka", "worker"], 1)
    assert outcome.missed == ["ends of worker: 0, and 1 is the least"]
    assert outcome.figures["ends"] == len(ENDS)
    assert outcome.figures["works again after s, p50"] == 5.0
    assert outcome.figures["works again after s, longest"] == 8.0


def test_a_broken_invariant_is_missed() -> None:
    outcome = Outcome("R0", "nothing")
    sound(outcome, [])
    assert outcome.missed == []
    sound(outcome, [Anomaly("I6", "a document differs")])
    assert outcome.missed == ["anomalies: 1, and 0 is the most", "I6: a document differs"]


class Broker:
    """Gone at every second call: whether it took the batch, nobody knows."""

    def __init__(self) -> None:
        self.took: list[UUID] = []
        self._calls = 0

    async def send(self, commands: Sequence[Command]) -> None:
        self._calls += 1
        self.took += [command.id for command in commands]
        if self._calls % 2:
            raise Unavailable("kafka", "gone")


async def test_a_batch_is_sent_again_before_the_next_until_a_broker_acknowledges_it() -> None:
    broker = Broker()
    sending = Sending(broker, rate=1e9)
    batches = 3
    await sending.run(rounds(SENT_AT_ONCE, seed=7), enough=lambda: len(sending.acknowledged) == batches * SENT_AT_ONCE)
    assert sending.over
    assert sending.again == batches
    assert len(broker.took) == 2 * len(sending.sent)
    assert [*dict.fromkeys(broker.took)] == [wish.id for wish in sending.sent]
    assert {wish.id for wish in sending.sent} == sending.acknowledged


class Victims:
    """So many, of which the first has just ended by itself when it is ended first. `ended`: their numbers, in turn."""

    def __init__(self, count: int) -> None:
        self.ended: list[int] = []
        self.signals: set[signal.Signals] = set()
        self.by_name: dict[str, End] = {str(number): partial(self._end, number) for number in range(count)}
        self._itself = True

    async def _end(self, number: int, by: signal.Signals) -> None:
        if number == 0 and self._itself:
            self._itself = False
            raise ProcessLookupError
        self.ended.append(number)
        self.signals.add(by)

    def over(self) -> bool:
        return len(self.ended) >= 20


async def test_each_process_is_ended_until_the_storm_is_over_even_where_it_just_ended_by_itself() -> None:
    victims, signals = Victims(2), (signal.SIGKILL, signal.SIGTERM)
    await each_by_itself(victims.by_name, 1, (0.0, 0.0), signals, victims.over)
    assert set(victims.ended) == {0, 1}
    assert victims.signals == {*signals}


async def test_in_each_round_every_process_is_killed_once() -> None:
    victims = Victims(3)
    await in_rounds(victims.by_name, 1, 0.0, victims.over)
    first, others = victims.ended[:2], victims.ended[2:]
    assert sorted(first) == [1, 2]
    assert [sorted(others[at : at + 3]) for at in range(0, len(others), 3)] == [[0, 1, 2]] * 6
    assert victims.signals == {signal.SIGKILL}
