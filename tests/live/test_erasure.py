"""Who was erased is nowhere any more: fifty words of each are looked for in every byte that a stack keeps.

A stack of its own: what is sealed here, the services of other tests could not read.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import AsyncExitStack
from hashlib import sha256
from pathlib import Path
from signal import SIGKILL
from typing import Any, NamedTuple

import asyncpg
import cramjam
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.topics import TOPICS
from eventlog.read.mongo.driver import BlockingClient
from ops.stack.endpoints import Endpoints
from tests.gateway.test_erasure import Words, plant
from tests.live.company import PARTITIONS, RENDER_SECONDS, START_SECONDS, TENANT, Company, company
from tests.live.infrastructure import local_parts
from tests.live.operating import playhead
from tests.plain_http import plain_http
from tests.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

ERASED_SECONDS = 180
LOOK_SECONDS = 1.0
CANARY = re.compile(rb"canary-[abc]-\d\d")
ENTRIES = {
    "PLAYHEAD_PROFILE": "local",
    "PLAYHEAD_WEBHOOK_LOOPBACK": "true",
    "PUBLIC_URL": "http://films.test",
    "PLAYHEAD_SIGNING_KEYS": '{"test": "a-secret-of-the-test"}',
    "PLAYHEAD_ANONYMOUS_TENANT": TENANT,
}
Found = dict[str, set[str]]
"""Word to the places where it stands."""


class House(NamedTuple):
    """A company that seals what it writes, and where its gateway answers."""

    stack: Endpoints
    services: Company
    address: str
    settings: Mapping[str, str]


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[House]:
    folder = tmp_path_factory.mktemp("erasure")
    (folder / "company").mkdir()
    with local_parts(folder / "stack") as stack:
        async with (
            company(stack, folder / "company", seals=True, PLAYHEAD_UNNAMED_BYTES_HOURS="0") as services,
            services.hired("gateway", "services.gateway", **ENTRIES) as gateway,
            services.hired("worker", "services.render", "worker"),
        ):
            yield House(stack, services, f"http://127.0.0.1:{gateway.port}", services.environment(""))


class Visitor(NamedTuple):
    """Somebody who came in anonymously."""

    account: str
    client: httpx.AsyncClient


async def visitor(house: House, hired: AsyncExitStack) -> Visitor:
    client = await hired.enter_async_context(plain_http(base_url=house.address, timeout=60))
    entered = (await client.post("/v1/auth/anonymous")).json()
    client.headers["Authorization"] = f"Bearer {entered['token']}"

    async def known() -> bool:
        return (await client.get("/v1/me")).is_success

    await eventually(known, within=60)
    return Visitor(entered["accountId"], client)


async def film(client: httpx.AsyncClient, script: str) -> None:
    answer = await client.post("/v1/sessions", json={"script": script, "title": script}, headers={"Prefer": "wait=20"})
    assert answer.is_success, answer.text
    here = f"/v1/sessions/{answer.json()['sessionId']}"

    async def done() -> bool:
        session = (await client.get(here)).json()
        assert session["status"] not in ("failed", "canceled", "expired"), session["errorMessage"]
        return session["status"] == "completed"

    await eventually(done, 3 * RENDER_SECONDS, LOOK_SECONDS)


async def scan(house: House, *archives: Path) -> Found:
    """Every word of a visitor, and where it stands."""
    found: Found = {}

    def look(place: str, content: bytes) -> None:
        for word in CANARY.findall(content):
            found.setdefault(word.decode(), set()).add(place)

    async for place, content in in_kafka(house):
        look(place, content)
    async for place, row in in_postgres(house):
        look(place, repr(tuple(row.values())).encode())
    for place, content in (*in_files(house.services.folder, *archives), *in_mongo(house)):
        look(place, content)
    return found


async def in_kafka(house: House) -> AsyncGenerator[tuple[str, bytes]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=house.stack.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        for topic in TOPICS:
            places = [TopicPartition(topic.name, n) for n in range(PARTITIONS)]
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            await consumer.seek_to_beginning(*places)
            while any([await consumer.position(place) < ends[place] for place in places]):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    for one in records:
                        yield topic.name, b"".join((one.key or b"", one.value or b"", *(v for _, v in one.headers)))
    finally:
        await consumer.stop()


async def in_postgres(house: House) -> AsyncGenerator[tuple[str, asyncpg.Record]]:
    """Every row of every table of ours."""
    connection = await asyncpg.connect(house.services.dsn)
    try:
        tables = await connection.fetch(
            "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables "
            "WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        for table in tables:
            for row in await connection.fetch(f"SELECT * FROM {table['name']}"):
                yield table["name"], row
    finally:
        await connection.close()


def in_files(*folders: Path) -> Iterable[tuple[str, bytes]]:
    """Bytes, notes, ledgers, logs, working folders, and archives unpacked."""
    for file in (file for folder in folders for file in folder.rglob("*") if file.is_file()):
        content = file.read_bytes()
        yield file.name, bytes(cramjam.zstd.decompress(content)) if file.suffix == ".zst" else content


def in_mongo(house: House) -> Iterable[tuple[str, bytes]]:
    """Every document of every database that is not the server's own."""
    client: Any = BlockingClient(house.stack.mongodb)
    try:
        for database in set(client.list_database_names()) - {"admin", "config", "local"}:
            for name in client[database].list_collection_names():
                for document in client[database][name].find():
                    yield name, repr(document).encode()
    finally:
        client.close()


async def kept_of(house: House, account: str) -> Mapping[str, str]:
    """All documents and rows that name an account, each with the hash of what it says; what is sent to webhooks is
    tried again meanwhile, and says so."""
    rows = [(place, repr(tuple(row.items()))) async for place, row in in_postgres(house)]
    rows += [(place, content.decode()) for place, content in in_mongo(house)]
    return {
        f"{place} {sha256(said.encode()).hexdigest()}": place
        for place, said in rows
        if account in said and place not in ("keys.subjects", "idempotency", "webhook_deliveries")
    }


async def test_fifty_words_of_each_are_found_before_and_none_after_and_nobody_else_has_changed(house: House) -> None:
    before, after = (house.services.folder.parent / name for name in ("before", "after"))
    async with AsyncExitStack() as hired:
        ada, bob, cleo = [await visitor(house, hired) for _ in "abc"]
        for who, whose in zip((ada, bob, cleo), "abc", strict=True):
            word = Words(whose)
            await plant(who.client, word)
            assert word.said >= 50
        await film(ada.client, "Once there was canary-a-99.")
        archived = await playhead(house.settings, "archive", "--to", str(before), "--json")
        assert archived.code == 0, archived.err
        found = await scan(house, before)
        for whose in "abc":
            assert len(words_of(whose, found)) >= 50
        assert not {topic.name for topic in TOPICS} & {place for places in found.values() for place in places}
        kept = await kept_of(house, cleo.account)
        assert kept

        assert (await ada.client.delete("/v1/me", headers={"Prefer": "wait=20"})).status_code == 204
        erased = await playhead(house.settings, "erase", bob.account, "--tenant", TENANT, "--yes", "--json")
        assert (erased.code, erased.told["keyDestroyed"], sum(erased.told["left"].values())) == (0, True, 0), erased.err
        await eventually(lambda: nothing_left(house, "ab", before), ERASED_SECONDS, LOOK_SECONDS)

        assert (await playhead(house.settings, "archive", "--to", str(after))).code == 0
        found = await scan(house, before, after)
        assert {word: found[word] for word in words_of("ab", found)} == {}
        assert len(words_of("c", found)) >= 50
        assert kept.items() <= (await kept_of(house, cleo.account)).items()
        again = await playhead(house.settings, "erase", bob.account, "--tenant", TENANT, "--yes")
        assert (again.code, "erased before" in again.err) == (1, True)
    verified = await playhead(house.settings, "verify")
    assert verified.code == 0, verified.out


def words_of(whose: str, found: Found) -> set[str]:
    return {word for word in found if word[7] in whose}


async def nothing_left(house: House, whose: str, *archives: Path) -> bool:
    """Bytes go with the next collection; here it is asked for."""
    cleaned = await playhead(house.settings, "maintenance", "cleanup")
    assert cleaned.code == 0, cleaned.err
    return not words_of(whose, await scan(house, *archives))


async def test_without_the_keys_a_service_waits_and_afterwards_nothing_is_missing(house: House) -> None:
    owner = await asyncpg.connect(house.services.dsn)
    async with AsyncExitStack() as hired, asyncio.TaskGroup() as group:
        hired.push_async_callback(owner.close)
        dora = await visitor(house, hired)
        await owner.execute("ALTER ROLE playhead_keys NOLOGIN")
        await owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'playhead_keys'")
        assert await house.services.running["session"].end(SIGKILL)
        starting = group.create_task(hired.enter_async_context(house.services.hired("session", "services.session")))
        titles = {f"Film {n}" for n in range(5)}
        for title in titles:
            wish = {"prompt": "Tides", "title": title, "stages": ["refine"]}
            assert (await dora.client.post("/v1/sessions", json=wish)).status_code == 202

        async def waits() -> bool:
            log = await asyncio.to_thread((house.services.folder / "session.log").read_text)
            return "the store of keys is not available" in log

        await eventually(waits, START_SECONDS, LOOK_SECONDS)
        stranger = await dora.client.post("/v1/auth/anonymous")
        assert stranger.status_code == 503, stranger.text
        await owner.execute("ALTER ROLE playhead_keys LOGIN")
        await starting

        async def all_there() -> bool:
            listed = (await dora.client.get("/v1/sessions")).json()
            return titles <= {one["title"] for one in listed["items"]}

        await eventually(all_there, within=60)
        waiting = await playhead(house.settings, "parked", "list", "--json")
        assert (waiting.code, waiting.told) == (0, []), waiting.out
