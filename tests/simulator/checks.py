"""What must hold after every run, each by a fold of its own. Every failure is a sentence."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import msgspec

from contracts.catalog import MalformedMessage, UnknownMessage, encode
from contracts.envelope import Command, Commit, Recorded, Refusal, category_of
from contracts.model import CommandBody, EventBody
from eventlog.commit import Record
from eventlog.errors import Refused
from eventlog.write.deciding import MAX_COMMIT_BYTES, payload_hash
from tests.simulator.counted import counted_commits
from tests.simulator.domain import CODES, Code
from tests.simulator.plan import partition_of
from tests.simulator.world import World


class Stood(NamedTuple):
    """A stream before a commit, as one version of the code sees it. `state` is None where it does not understand."""

    version: int = 0
    tenant: str = ""
    state: Any = None


def broken(world: World) -> Iterator[str]:
    """Every sentence that does not hold."""
    for partition in range(world.plan.partitions):
        try:
            counted = counted_commits(world.events, partition)
        except AssertionError as error:
            yield f"I5 chain: {error}"
            continue
        yield from _outcomes(world, partition, counted)
        yield from _decisions(world, partition, counted)
        yield from _asked(world, counted)
        yield from _readers(world, partition, counted)
        yield from _checkpoints(world, partition, counted)
    yield from _views(world)


def twins(world: World) -> int:
    """Lost records of which a copy stands at the very same offset now, without counting there.

    Whoever had read the lost one finds it again, and cannot tell that the log before it is another. Nothing that the
    protocol keeps would tell him; of such a run nothing is asked but that it ends.
    """
    found = 0
    for partition in range(world.plan.partitions):
        counted = {record.offset: record.id for record, _ in counted_commits(world.events, partition)}
        found += sum(counted.get(twin.offset) != twin.id for twin in world.events.twins[partition])
    return found


def _outcomes(world: World, partition: int, counted: list[tuple[Record, Commit]]) -> Iterator[str]:
    done = [commit.command_id for _, commit in counted[1:]]
    for one in {one for one in done if done.count(one) > 1}:
        yield f"I2: command {one} has {done.count(one)} commits that count"
    acknowledged = {id_ for place, id_ in world.client.acknowledged if place == partition}
    for one in sorted((acknowledged & world.kept(partition)) - set(done)):
        yield f"I1: command {one} was acknowledged and has no outcome"
    for one in sorted(set(done) - {command.id for command in world.sent(partition)}):
        yield f"I1: nobody asked for {one}, which has an outcome"


def _decisions(world: World, partition: int, counted: list[tuple[Record, Commit]]) -> Iterator[str]:
    sent: dict[UUID, list[Command]] = {}
    for command in world.sent(partition):
        sent.setdefault(command.id, []).append(command)
    stood: dict[tuple[int, str], Stood] = {}
    for record, commit in counted[1:]:
        stream = commit.stream
        before = {v: stood.get((v, stream)) or _nothing(code, stream) for v, code in CODES.items()}
        if commit.version != before[1].version + len(commit.events):
            yield f"I3: {stream} stands at {before[1].version}, offset {record.offset} claims {commit.version}"
        possible = [
            _decided(world, CODES[v], command, before[v], partition)
            for command in sent.get(commit.command_id, ())
            for v in CODES
        ]
        if record.value not in possible or record.key != stream.encode():
            yield f"I4: offset {record.offset} was not decided on the state there: {record.value[:300]!r}"
        for v, code in CODES.items():
            stood[v, stream] = _after(code, before[v], commit)


def _nothing(code: Code, stream: str) -> Stood:
    return Stood(state=next((d.initial for d in code.deciders if d.category == category_of(stream)), None))


def _after(code: Code, before: Stood, commit: Commit) -> Stood:
    decider = next((d for d in code.deciders if d.category == category_of(commit.stream)), None)
    state = before.state
    for recorded in commit.events:
        try:
            events = code.catalog.read_event(recorded.type, recorded.type_version, bytes(recorded.data))
        except UnknownMessage:
            return Stood(commit.version, before.tenant or commit.tenant, None)
        for event in events:
            state = decider.evolve(state, event) if decider and state is not None else None
    return Stood(commit.version, before.tenant or (commit.tenant if commit.events else ""), state)


def _decided(world: World, code: Code, command: Command, before: Stood, partition: int) -> bytes:
    """The bytes of the commit that this code must make of the command there."""
    events: list[EventBody] = []
    refusal: Refusal | None = None
    try:
        if partition_of(command.stream, world.plan.partitions) != partition:
            raise Refused("stream.misplaced", f"{command.stream} is not decided in this partition")
        events = _ruled(code, command, before)
    except Refused as refused:
        refusal = Refusal(code=refused.code, detail=refused.detail)
    except ZeroDivisionError:
        refusal = Refusal(code="decider.failed", detail="ZeroDivisionError")
    value = _envelope(command, before, events, refusal)
    if len(value) <= MAX_COMMIT_BYTES:
        return value
    detail = f"{len(value)} bytes; {MAX_COMMIT_BYTES} fit"
    return _envelope(command, before, [], Refusal(code="commit.too_large", detail=detail))


def _ruled(code: Code, command: Command, before: Stood) -> list[EventBody]:
    decider = next(d for d in code.deciders if d.category == category_of(command.stream))
    if before.state is None:
        raise Refused("stream.not_understood", "newer code wrote this stream; try again after the upgrade")
    body: CommandBody = code.catalog.decode_command(command.type, command.type_version, bytes(command.data))
    if not isinstance(body, decider.commands):
        raise Refused("command.misplaced", f"{command.type} is not for a {decider.category}")
    if before.tenant not in ("", command.tenant):
        if decider.decide(decider.initial, body, command.at):
            raise Refused("stream.not_found", f"there is no {decider.category} of that id")
        return []
    if command.expected_version not in (None, before.version):
        raise Refused("version.stale", f"expected version {command.expected_version}, it is {before.version}")
    return list(decider.decide(before.state, body, command.at))


def _envelope(command: Command, before: Stood, events: list[EventBody], refusal: Refusal | None) -> bytes:
    commit = Commit(
        stream=command.stream,
        version=before.version + len(events),
        command_id=command.id,
        command_type=command.type,
        payload_hash=payload_hash(command),
        at=command.at,
        tenant=command.tenant,
        actor=command.actor,
        origin=command.origin,
        events=tuple(Recorded(type=e.TYPE, type_version=e.VERSION, data=encode(e)) for e in events),
        refusal=refusal,
    )
    return msgspec.json.encode(commit)


def _asked(world: World, counted: list[tuple[Record, Commit]]) -> Iterator[str]:
    """What the two rules that both versions have must have asked for, and nothing else under any id."""
    expected: set[UUID] = set()
    for _, commit in counted:
        for n, recorded in enumerate(commit.events):
            if recorded.type == "account.withdrawn":
                target = commit.stream.replace("account-", "book-")
                expected.add(uuid5(uuid5(uuid5(commit.command_id, str(n)), "note"), target))
        if commit.refusal is not None and commit.refusal.code == "book.full":
            target = commit.stream.replace("book-", "account-")
            expected.add(uuid5(uuid5(uuid5(commit.command_id, "refusal"), "give_back"), target))
    everything = [command for partition in range(world.plan.partitions) for command in world.sent(partition)]
    for one in sorted(expected - {command.id for command in everything}):
        yield f"a policy should have asked for {one} and has not"
    notes = {command.id for command in everything if command.actor == "policy" and command.type == "Note"}
    withdrawn = sum(
        recorded.type == "account.withdrawn"
        for partition in range(world.plan.partitions)
        for _, commit in counted_commits(world.events, partition)
        for recorded in commit.events
    )
    if len(notes) != withdrawn and not world.plan.truncations:
        yield f"policies asked for {len(notes)} notes of {withdrawn} withdrawals"


def _readers(world: World, partition: int, counted: list[tuple[Record, Commit]]) -> Iterator[str]:
    """Whoever lives believes in the log as it is."""
    known = {record.offset: record.id for record, _ in counted}
    for actor in world.actors:
        if actor.partition == partition and actor.lane is not None and actor.task is not None:
            position = actor.lane.position
            if position.head_offset >= 0 and known.get(position.head_offset) != position.head:
                yield f"{actor.name} believes in the head {position.head.hex()} at {position.head_offset}"


def _checkpoints(world: World, partition: int, counted: list[tuple[Record, Commit]]) -> Iterator[str]:
    if world.plan.truncations:
        return
    before = -1
    for written in [one for one in world.written if one.partition == partition]:
        position = written.position
        if position.next_offset <= before:
            yield f"I7: the checkpoint went from {before} back to {position.next_offset}"
        before = position.next_offset
        heads = [record for record, _ in counted if record.offset < position.next_offset]
        if heads and (heads[-1].id, heads[-1].offset) != (position.head, position.head_offset):
            yield f"I7: the checkpoint at {position.next_offset} has the head of another place"


def _views(world: World) -> Iterator[str]:
    code = CODES[world.plan.reader]
    views: dict[str, dict[str, Any]] = {}
    outcomes: dict[str, Any] = {}
    parked: list[tuple[int, str, int]] = []
    for partition in range(world.plan.partitions):
        closed: set[str] = set()
        for record, commit in counted_commits(world.events, partition):
            if commit.stream in closed or not _understood(code, commit):
                closed.add(commit.stream)
                parked.append((partition, commit.stream, record.offset))
                continue
            refusal = commit.refusal.code if commit.refusal else "done"
            row = {"outcome": refusal, "version": commit.version, "events": len(commit.events)}
            outcomes[str(commit.command_id)] = {"_id": str(commit.command_id), **row}
            for n, recorded in enumerate(commit.events):
                amount = msgspec.json.decode(recorded.data).get("amount", 0)
                view = views.setdefault(commit.stream, {"_id": commit.stream, "version": 0, "total": 0})
                view["version"] += 1
                view["total"] += -amount if recorded.type == "account.withdrawn" else amount
                view["last"] = str(uuid5(commit.command_id, str(n)))
    found = {stream: dict(view[0]) for kept in world.store.views.values() for stream, view in kept.items()}
    if found != views:
        yield f"I6: the store has {found}, the log says {views}"
    if {str(row["_id"]): dict(row) for row in world.store.entries["outcomes"].values()} != outcomes:
        yield "I6: the outcomes in the store are not those of the log"
    kept = [(place[1], one.stream, one.record.offset) for place, all_ in world.store.parked.items() for one in all_]
    if sorted(kept) != sorted(parked):
        yield f"I6: parked are {sorted(kept)}, should be {sorted(parked)}"


def _understood(code: Code, commit: Commit) -> bool:
    try:
        for recorded in commit.events:
            code.catalog.read_event(recorded.type, recorded.type_version, bytes(recorded.data))
    except (UnknownMessage, MalformedMessage):
        return False
    return True
