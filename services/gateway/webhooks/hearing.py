"""One partition of events: each event becomes a delivery for every endpoint that wants it, and then the position moves.

The same promise as a policy's: whatever is told again makes deliveries that are there already. What the documents do
not show yet is waited for, so whoever is told of a thing finds it, and whose it is can be read.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec

from contracts.catalog import Catalog, MalformedMessage, UnknownMessage
from contracts.envelope import Commit, Recorded, event_id, part_id, stream_id
from eventlog.clock import Clock
from eventlog.commit import Position, Record, accept, start
from eventlog.errors import Poison
from eventlog.keys.meeting import met
from eventlog.log import EventLog
from eventlog.offsets import Offsets
from eventlog.reader import Reader
from eventlog.work import READ_SECONDS, Throttled, Work, batches
from services.gateway.stored import Stored
from services.gateway.webhooks.messages import OFFERED, Told, body_of, delivery, delivery_id
from services.gateway.webhooks.ports import Deliveries, Endpoints

HEARD_DAYS: Final = 25
"""Older events make no deliveries: where they were made before, they may have been forgotten."""
BEHIND_SECONDS: Final = 0.05
MOST_OWNERS: Final = 50_000
_decode_commit = msgspec.json.Decoder(Commit).decode


class Hearing:
    """`run` is called again after every error that passes, and begins with the position in the group offset."""

    def __init__(
        self,
        events: EventLog,
        catalog: Catalog,
        endpoints: Endpoints,
        deliveries: Deliveries,
        now: Clock,
        public_url: str,
        made: Callable[[], None],
    ) -> None:
        """`made` is called when there is something to send."""
        self._events = events
        self._catalog = catalog
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._now = now
        self._public_url = public_url
        self._made = made
        self._owners: dict[str, str] = {}

    async def run(self, work: Work, offsets: Offsets) -> None:
        """Until `work.stopping`. Raises `Unavailable` or `Conflict` (begin again), `Poison`, `Diverged` (stop)."""
        committed = await offsets.committed()
        position = _position(committed.metadata if committed else "") or start(self._events.topic, work.partition)
        reader = await Reader.open(self._events, work.partition, position)
        try:
            work.opened(position.next_offset)
            await self._drive(work, reader, offsets, position)
        finally:
            await reader.close()

    async def _drive(self, work: Work, reader: Reader, offsets: Offsets, position: Position) -> None:
        throttled = Throttled()
        kept = position
        while not work.stopping:
            records = await work.until_stopped(reader.read(position, READ_SECONDS))
            for batch in batches(records):
                moved = await self._hear(work, reader, position, batch)
                if moved is None:
                    break
                position = moved
                if throttled.due():
                    await _keep(offsets, position)
                    kept = position
            if not records:
                work.idle()
            if position != kept and (not records or work.stopping):
                await _keep(offsets, position)
                kept = position

    async def _hear(self, work: Work, reader: Reader, position: Position, batch: Sequence[Record]) -> Position | None:
        """The position after the batch; None where the work was to stop while the documents did not show it yet."""
        began = asyncio.get_running_loop().time()
        before, counted, told, last = position, 0, list[Told](), -1
        await met(self._catalog.keys, batch)
        for record in batch:
            position, counts = accept(position, record)
            counted += counts
            if counts and (events := self._told(record)):
                told += events
                last = record.offset
        if not counted:
            await reader.confirm(before)
        while told and await self._endpoints.shown(self._events.topic, work.partition) <= last:
            if work.stopping:
                return None
            work.idle()
            await asyncio.sleep(BEHIND_SECONDS)
        if rows := await self.rows(told):
            await self._deliveries.add(rows)
            self._made()
        work.moved(batch, counted, asyncio.get_running_loop().time() - began)
        return position

    async def rows(self, told: Sequence[Told]) -> list[Stored]:
        """The deliveries that these events make."""
        oldest = self._now() - timedelta(days=HEARD_DAYS)
        fresh = [one for one in told if one.at > oldest]
        if not fresh:
            return []
        tenants = await self._endpoints.tenants({one.tenant for one in fresh})
        concerned = [one for one in fresh if one.tenant in tenants]
        owners = await self._owned(concerned)
        accounts = {
            one.id: stream_id("account", one.tenant, owners[one.stream]) for one in concerned if one.stream in owners
        }
        documents = await self._endpoints.of_streams(set(accounts.values())) if accounts else {}
        return [
            self._row(one, documents[accounts[one.id]], endpoint)
            for one in concerned
            if accounts.get(one.id) in documents
            for endpoint in documents[accounts[one.id]]["endpoints"]
            if _wants(endpoint, one)
        ]

    async def _owned(self, told: Sequence[Told]) -> dict[str, str]:
        """The account of each stream; a session that is gone, or was never shown, belongs to nobody."""
        owners: dict[str, str] = {}
        for one in told:
            account = getattr(one.body, "account_id", None)
            owner = str(account) if account is not None else self._owners.get(one.stream)
            if owner is not None:
                owners[one.stream] = owner
        if unknown := {one.stream for one in told} - owners.keys():
            owners |= await self._endpoints.owners(unknown)
        self._owners |= owners
        for stream in list(self._owners)[: max(0, len(self._owners) - MOST_OWNERS)]:
            del self._owners[stream]
        return owners

    def _row(self, one: Told, document: Stored, endpoint: Stored) -> Stored:
        endpoint_id = endpoint["endpointId"]
        return delivery(
            delivery_id(one.id, endpoint_id),
            one.tenant,
            document["accountId"],
            endpoint_id,
            str(one.id),
            one.type,
            body_of(one, self._public_url),
            self._now(),
        )

    def _told(self, record: Record) -> list[Told]:
        try:
            commit = self._catalog.opened(_decode_commit(record.value))
            before = commit.version - len(commit.events)
            return [
                Told(
                    part_id(event_id(commit.command_id, n), part),
                    commit.stream,
                    before + n + 1,
                    commit.at,
                    commit.tenant,
                    body.TYPE,
                    body,
                )
                for n, recorded in enumerate(commit.events)
                if self._is_of_use(recorded)
                for part, body in enumerate(
                    self._catalog.read_event(recorded.type, recorded.type_version, bytes(recorded.data))
                )
                if body.TYPE in OFFERED
            ]
        except (UnknownMessage, MalformedMessage, msgspec.DecodeError) as error:
            raise Poison(
                f"the commit at offset {record.offset} is not understood, so nobody knows whom to tell: {error}. "
                "Upgrade this gateway: webhooks go on from there."
            ) from error

    def _is_of_use(self, recorded: Recorded) -> bool:
        """What nobody is told of need not be understood; an older event may read as one that somebody is told of."""
        return recorded.type in OFFERED or (recorded.type, recorded.type_version) in self._catalog.upcasters


def _wants(endpoint: Stored, one: Told) -> bool:
    """Nothing that happened before the endpoint was there is told to it."""
    types: Any = endpoint["eventTypes"]
    return endpoint["enabled"] and endpoint["createdAt"] <= one.at and (not types or one.type in types)


async def _keep(offsets: Offsets, position: Position) -> None:
    await offsets.commit(position.next_offset, msgspec.json.encode(position).decode())


def _position(metadata: str) -> Position | None:
    """None where there is none of ours: hearing then begins at the beginning, and repeats are told by their ids."""
    try:
        return msgspec.json.decode(metadata, type=Position) if metadata else None
    except msgspec.DecodeError:
        return None
