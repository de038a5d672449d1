"""A video of 50 MB is streamed, whole and in parts, out of a directory and out of PostgreSQL, in little memory."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psutil
import pytest

from blobs.opening import open_blobs
from blobs.postgres import MIGRATIONS
from blobs.store import BlobRef, BlobStore
from eventlog import migrations
from eventlog.clock import new_id
from ops.stack.launcher import Endpoints
from tests.gateway import samples
from tests.gateway.samples import JOB
from tests.gateway.world import OURS, World

pytestmark = [pytest.mark.live, pytest.mark.req(63)]

SIZE, STEP = 50_000_000, 1_000_000
MOST_GROWTH = 16_000_000


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that was never whole in this process."""
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    with path.open("wb") as out:
        for number in range(SIZE // STEP):
            out.write(sha256(bytes([number])).digest() * (STEP // 32))
    return path


@pytest.fixture(params=["directory", "postgresql"])
async def blobs(request: pytest.FixtureRequest, stack: Endpoints, tmp_path: Path) -> AsyncGenerator[BlobStore]:
    """An empty store of each kind."""
    if request.param == "directory":
        yield open_blobs(tmp_path.as_uri())
        return
    name = f"test_{new_id().hex}"
    owner = await asyncpg.connect(stack.postgres)
    await owner.execute(f"CREATE DATABASE {name}")
    dsn = urlunsplit(urlsplit(stack.postgres)._replace(path=f"/{name}"))
    await migrations.up(dsn, "blobs", MIGRATIONS)
    store = open_blobs(dsn)
    yield store
    await store.close()
    await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await owner.close()


class Viewer:
    """A client that looks at each piece and forgets it; `most` is the memory of this process meanwhile."""

    def __init__(self) -> None:
        self.status = 0
        self.received = 0
        self.digest = sha256()
        self.most = 0
        self._process = psutil.Process()
        self._asked = False

    @property
    def memory(self) -> int:
        return self._process.memory_info().rss

    async def get(self, app: Any, path: str, asked_for: str) -> None:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"range", asked_for.encode())],
            "server": ("127.0.0.1", 8080),
            "client": ("127.0.0.1", 1),
        }
        await app(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        """The request, and after it nothing: this client does not leave."""
        if self._asked:
            await asyncio.Event().wait()
        self._asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        body = message.get("body", b"")
        self.received += len(body)
        self.digest.update(body)
        self.most = max(self.most, self.memory)


async def shown(blob: BlobRef, blobs: BlobStore) -> Any:
    world = World()
    world.documents.put("sessions", samples.session(OURS))
    world.documents.put("jobs", samples.job(OURS, status="completed", assets=[samples.asset(blob.sha256, blob.size)]))
    return world.app(blobs=blobs)


@pytest.mark.req(56)
async def test_a_large_video_is_streamed_in_little_memory(film: Path, blobs: BlobStore) -> None:
    app = await shown(await blobs.put(film), blobs)
    await Viewer().get(app, f"/api/videos/{JOB}", "bytes=0-999")
    gc.collect()
    viewer = Viewer()
    before = viewer.memory
    await viewer.get(app, f"/api/videos/{JOB}", "bytes=1000000-")
    assert (viewer.status, viewer.received) == (206, SIZE - STEP)
    rest = sha256()
    with film.open("rb") as source:
        source.seek(STEP)
        while piece := source.read(STEP):
            rest.update(piece)
    assert viewer.digest.digest() == rest.digest()
    assert viewer.most - before < MOST_GROWTH


async def test_a_large_video_is_stored_in_little_memory(film: Path, blobs: BlobStore) -> None:
    viewer = Viewer()
    gc.collect()
    before = viewer.memory
    blob = await blobs.put(film)
    assert blob.size == SIZE
    assert viewer.memory - before < MOST_GROWTH
