"""The PostgreSQL adapter keeps the promises of a blob store, and reads parts of large blobs without the rest."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from blobs.memory import MemoryBlobs
from blobs.opening import open_blobs
from blobs.postgres import MIGRATIONS, PostgresBlobs
from blobs.store import BlobCorrupt, BlobStore, BlobStoreUnavailable, key_of
from eventlog import migrations
from eventlog.clock import new_id
from ops.stack.launcher import Endpoints
from tests.blobs.promises import WORDS, BlobStorePromises, content_of

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
async def dsn(stack: Endpoints) -> AsyncGenerator[str]:
    """A database of these tests."""
    name = f"test_{new_id().hex}"
    owner = await asyncpg.connect(stack.postgres)
    await owner.execute(f"CREATE DATABASE {name}")
    made = urlunsplit(urlsplit(stack.postgres)._replace(path=f"/{name}"))
    await migrations.up(made, "blobs", MIGRATIONS)
    yield made
    await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await owner.close()


@pytest.fixture
async def blobs(dsn: str) -> AsyncGenerator[BlobStore]:
    """An empty store."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("TRUNCATE blobs.bytes, blobs.notes")
    await connection.close()
    store = open_blobs(dsn)
    assert isinstance(store, PostgresBlobs)
    yield store
    await store.close()


@pytest.mark.req(62)
class TestPostgresBlobs(BlobStorePromises):
    @pytest.fixture(autouse=True)
    def _damage_needs_the_database(self, dsn: str) -> None:
        self.dsn = dsn

    async def damage(self, blobs: BlobStore, sha256: str) -> None:
        connection = await asyncpg.connect(self.dsn)
        await connection.execute("UPDATE blobs.bytes SET data = $2 WHERE sha256 = $1", sha256, WORDS[::-1])
        await connection.close()


async def test_bytes_are_kept_as_a_value_of_which_parts_can_be_read(blobs: BlobStore, dsn: str) -> None:
    blob = await blobs.put(WORDS)
    connection = await asyncpg.connect(dsn)
    kept = await connection.fetchval("SELECT data FROM blobs.bytes WHERE sha256 = $1", blob.sha256)
    storage = await connection.fetchval(
        "SELECT attstorage FROM pg_attribute WHERE attrelid = 'blobs.bytes'::regclass AND attname = 'data'"
    )
    await connection.close()
    assert (kept, storage) == (WORDS, b"e")


async def test_a_file_that_changes_while_it_is_stored_is_not_kept(dsn: str, blobs: BlobStore, tmp_path: Path) -> None:
    source = tmp_path / "film.bin"
    source.write_bytes(WORDS)

    class Interrupted(PostgresBlobs):
        """Between measuring and storing it is looked whether the bytes are there already."""

        async def size(self, sha256: str) -> int | None:
            source.write_bytes(WORDS[::-1])
            return await super().size(sha256)

    interrupted = Interrupted(dsn)
    with pytest.raises(BlobCorrupt):
        await interrupted.put(source)
    assert [kept async for kept in blobs.list()] == []
    await interrupted.close()


async def test_bytes_are_taken_over_from_another_store(blobs: BlobStore) -> None:
    other = MemoryBlobs()
    blob = await other.put(bytes(range(256)) * 9_000)
    assert isinstance(blobs, PostgresBlobs)
    await blobs.copy_from(other, blob.sha256)
    await blobs.copy_from(other, blob.sha256)
    assert await blobs.verify(blob.sha256) == blob
    other.kept[key_of(blob.sha256)] = b"other bytes"
    await blobs.delete(blob.sha256)
    with pytest.raises(BlobCorrupt):
        await blobs.copy_from(other, blob.sha256)
    assert await blobs.size(blob.sha256) is None


async def test_two_who_store_the_same_bytes_at_once_store_them_once(dsn: str, blobs: BlobStore) -> None:
    other = open_blobs(dsn)
    content = bytes(range(256)) * 20_000
    one, two = await asyncio.gather(blobs.put(content), other.put(content))
    assert one == two
    assert await content_of(blobs, one.sha256) == content
    assert isinstance(other, PostgresBlobs)
    await other.close()


async def test_a_database_without_the_tables_says_what_to_do(stack: Endpoints) -> None:
    store = PostgresBlobs(urlunsplit(urlsplit(stack.postgres)._replace(path="/postgres")))
    with pytest.raises(BlobStoreUnavailable, match="playhead migrate"):
        await store.put(WORDS)
    await store.close()


async def test_a_server_that_is_away_is_unavailable() -> None:
    store = PostgresBlobs("postgresql://nobody@127.0.0.1:1/none", deadline_seconds=2)
    with pytest.raises(BlobStoreUnavailable, match="refused"):
        await store.size("0" * 64)
