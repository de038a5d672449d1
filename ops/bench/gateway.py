"""P1 and P8: the gateway accepts a command, and answers a session, beside calls that do nothing in the same framework.

Both servers are processes of their own, asked in turn. A command is a change of a session that there is not: it is
authenticated, checked and confirmed by the log as any other, and refused by whoever decides it, so nothing is left to
do after the measurement. Beside requests a second stands the processor time that the server took for one: other work on
the machine hardly changes it.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer

from contracts.topics import SESSION_COMMANDS
from eventlog.clock import new_id
from eventlog.read.mongo import MongoDatabase
from ops.bench.gateway_client import Answer, at_most, at_rate, connected, request
from ops.bench.gateway_servers import KEY, Server, servers
from ops.bench.gateway_session import TENANT, session
from ops.bench.measure import Figure, Round, in_turn, percentile
from ops.commands.reach import endpoints, kafka
from ops.settings import OpsSettings

COUNT, CONNECTIONS = 1_000, 32
SECONDS = 3
MOST_TIMES_SLOWER = 20.0
"""The p99 has a bound of its own; beside the rival's it only has to be of its kind."""
BODY = json.dumps({"title": "How light bends around a star", "metadata": {"course": "physics", "unit": "7"}}).encode()
Requests = Callable[[int], Sequence[bytes]]


class Goal(NamedTuple):
    """What is asked of one call: requests a second beside the rival's, and the p99 at a rate of requests."""

    id: str
    what: str
    limit: str
    ratio: float
    floor: float
    rate: int
    p99: float


COMMAND = Goal("P1", "a command is accepted", "no-op POST", 0.5, 900, 300, 25)
READ = Goal("P8", "a session is read", "find_one + no-op GET", 0.6, 0, 200, 20)


class Measured(NamedTuple):
    """Rounds of both sides, ours first; processor time in milliseconds for one request; all that we answered."""

    rates: tuple[list[float], list[float]]
    p99: tuple[list[float], list[float]]
    processor: tuple[list[float], list[float]]
    answers: list[Answer]


async def accepted_and_read(settings: OpsSettings) -> list[Figure]:
    """Both, on the running parts; `playhead up` before."""
    parts = endpoints(settings)
    database = MongoDatabase.connect(parts.mongodb, f"bench_{new_id().hex}", application="playhead-bench")
    document = session()
    await database.owned("sessions", TENANT).insert(document)
    try:
        async with servers(parts, database.name, settings.data_dir) as (gateway, rival):
            before = await _ends(settings)
            commands = await _measure(COMMAND, gateway, rival, _commands)
            appended = await _ends(settings) - before
            reads = await _measure(READ, gateway, rival, _reads(document["sessionId"]))
    finally:
        await database.drop()
        database.close()
    ids = {json.loads(answer.body)["commandId"] for answer in commands.answers}
    shown = {json.loads(answer.body)["sessionId"] for answer in reads.answers}
    kept = len(ids) == len(commands.answers) <= appended
    return [
        *_figures(COMMAND, commands, correct=kept and _are(commands.answers, HTTPStatus.ACCEPTED)),
        *_figures(READ, reads, correct=shown == {document["sessionId"]} and _are(reads.answers, HTTPStatus.OK)),
    ]


async def _measure(goal: Goal, gateway: Server, rival: Server, requests: Requests) -> Measured:
    answers: list[Answer] = []
    processor: tuple[list[float], list[float]] = ([], [])

    def fastest(server: Server, took: list[float], kept: list[Answer]) -> Round:
        async def run() -> float:
            async with connected(server.port, CONNECTIONS) as connections:
                begun = server.processor_ms()
                rate, given = await at_most(connections, requests(COUNT))
                took.append((server.processor_ms() - begun) / COUNT)
            kept.extend(given)
            return rate

        return run

    def steady(server: Server, kept: list[Answer]) -> Round:
        async def run() -> float:
            async with connected(server.port, CONNECTIONS) as connections:
                latencies, given = await at_rate(connections, requests(goal.rate * SECONDS), goal.rate)
            kept.extend(given)
            return percentile(latencies, 0.99)

        return run

    rates = await in_turn(fastest(gateway, processor[0], answers), fastest(rival, processor[1], []))
    p99 = await in_turn(steady(gateway, answers), steady(rival, []))
    return Measured(rates, p99, processor, answers)


def _figures(goal: Goal, found: Measured, *, correct: bool) -> Iterable[Figure]:
    ours, theirs = (sorted(one)[len(one) // 2] for one in found.processor)
    yield Figure(
        id=goal.id,
        what=goal.what,
        unit="requests/s",
        ours=found.rates[0],
        limit_name=goal.limit,
        limit=found.rates[1],
        goal_ratio=goal.ratio,
        floor=goal.floor,
        correct=correct,
        notes=[
            f"processor time of the server for one request: {ours:.3f} ms, of {goal.limit} {theirs:.3f} ms, "
            f"ratio {theirs / ours:.2f}",
            f"{COUNT} requests a round over {CONNECTIONS} connections",
        ],
    )
    yield Figure(
        id=f"{goal.id} p99",
        what=f"{goal.what}, p99 at {goal.rate}/s from the intended moment",
        unit="ms",
        ours=found.p99[0],
        limit_name=goal.limit,
        limit=found.p99[1],
        goal_ratio=MOST_TIMES_SLOWER,
        floor=goal.p99,
        at_least=False,
        correct=correct,
    )


def _commands(count: int) -> Sequence[bytes]:
    return [request("PATCH", f"/v1/sessions/{new_id()}", KEY, BODY) for _ in range(count)]


def _reads(session_id: str) -> Requests:
    one = request("GET", f"/v1/sessions/{session_id}", KEY)
    return lambda count: [one] * count


def _are(answers: Sequence[Answer], status: HTTPStatus) -> bool:
    return all(answer.status == status for answer in answers)


async def _ends(settings: OpsSettings) -> int:
    """How many commands the log has, over all partitions."""
    consumer = AIOKafkaConsumer(SESSION_COMMANDS.name, enable_auto_commit=False, **kafka(settings).connecting())
    await consumer.start()
    try:
        return sum((await consumer.end_offsets(consumer.assignment())).values())
    finally:
        await consumer.stop()
