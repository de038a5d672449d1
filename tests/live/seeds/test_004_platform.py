"""The platform's client: health, presets, and what belongs to whom, by HTTP and by SQL as its documents show it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from eventlog.clock import new_id, now
from tests.live.seeds.conftest import STRANGER, Platform
from tests.plain_http import plain_http
from tests.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

HEALTH = {
    "status",
    "timestamp",
    "uptimeSeconds",
    "version",
    "database",
    "kafka",
    "mongo",
    "redis",
    "projections",
}
DATABASE = {"connected", "latencyMs", "activeConnections", "poolSize", "statistics"}
SCRIPT = "A platform keeps apart what belongs to each."
TABLES = ("users", "accounts", "auth_sessions", "projects", "jobs", "scenes", "assets", "presets")


@pytest.fixture
async def mine(platform: Platform) -> AsyncGenerator[httpx.AsyncClient]:
    """The demo user, by the cookie that the first page gives him."""
    async with plain_http(base_url=platform.url, timeout=60) as client:
        assert (await client.get("/")).status_code == 200
        yield client


@pytest.fixture
async def stranger(platform: Platform) -> AsyncGenerator[httpx.AsyncClient]:
    """Somebody of another tenant."""
    headers = {"Authorization": f"Bearer {STRANGER}"}
    async with plain_http(base_url=platform.url, timeout=60, headers=headers) as client:
        yield client


@pytest.fixture(scope="module")
async def video(platform: Platform) -> AsyncGenerator[dict[str, Any]]:
    """A project in the platform's words: a video of the demo user's, with its job, its scenes and its files."""
    async with plain_http(base_url=platform.url, timeout=60) as client:
        await client.get("/")
        wish = {"script": SCRIPT, "title": "Apart", "metadata": {"style": {"tone": "calm"}}}
        asked = await client.post("/v1/sessions", json=wish)
        assert asked.status_code == 202, asked.text
        session = asked.json()["links"]["session"]

        async def done() -> dict[str, Any] | None:
            found = await client.get(session)
            seen = found.json() if found.is_success else {"status": "unseen"}
            assert seen["status"] not in ("failed", "canceled", "expired"), seen
            return seen if seen["status"] == "completed" else None

        yield await eventually(done, 150, every=0.5)


@asynccontextmanager
async def scoped(platform: Platform, tenant: str) -> AsyncGenerator[Any]:
    """`getUserScopedClient`: a transaction of the application's role that sees one tenant."""
    connection = await asyncpg.connect(platform.company.dsn)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL ROLE playhead_app")
            await connection.execute("SELECT set_config('app.tenant', $1, true)", tenant)
            yield connection
    finally:
        await connection.close()


@pytest.mark.req(75, 80, 86)
async def test_health_tells_connections_latency_and_statistics(page: httpx.AsyncClient) -> None:
    """`curl http://localhost:3000/api/health`."""
    answer = await page.get("/api/health")
    body = answer.json()
    assert (answer.status_code, body["status"], set(body)) == (200, "healthy", HEALTH)
    assert set(body["database"]) >= DATABASE
    assert abs((datetime.fromisoformat(body["timestamp"]) - now()).total_seconds()) < 60
    assert isinstance(body["version"], str)
    assert body["database"]["connected"] is True
    assert body["database"]["latencyMs"] > 0
    assert body["database"]["activeConnections"] > 0
    assert body["database"]["statistics"]["sizeBytes"] > 0
    assert body["database"]["statistics"]["rows"]
    assert all(body[part]["connected"] for part in ("kafka", "mongo"))
    assert body["projections"]


@pytest.mark.req(72)
async def test_a_demo_user_and_default_presets_are_seeded(mine: httpx.AsyncClient, platform: Platform) -> None:
    me = (await mine.get("/v1/me")).json()
    assert (me["tenant"], me["role"]) == (platform.tenant, "admin")

    async def three() -> list[dict[str, Any]] | None:
        items = (await mine.get("/v1/presets")).json()["items"]
        return items if len(items) == 3 else None

    presets = await eventually(three)
    assert {preset["name"] for preset in presets} == {"Explainer", "Short", "Reading"}
    assert all(preset["isDefault"] for preset in presets)
    statement = "SELECT name FROM platform.presets"

    async def rows() -> bool:
        async with scoped(platform, platform.tenant) as db:
            return {row["name"] for row in await db.fetch(statement)} >= {preset["name"] for preset in presets}

    await eventually(rows)


@pytest.mark.req(66, 70)
async def test_a_video_is_a_project_with_jobs_scenes_and_assets(platform: Platform, video: dict[str, Any]) -> None:
    project = UUID(video["sessionId"])
    query = """SELECT p.title, p.configuration->'metadata'->'style'->>'tone' AS tone, p.user_id,
                      (SELECT count(*) FROM platform.jobs j WHERE j.project_id = p.project_id) AS jobs,
                      (SELECT count(*) FROM platform.scenes s WHERE s.project_id = p.project_id) AS scenes,
                      (SELECT count(*) FROM platform.assets a WHERE a.project_id = p.project_id) AS assets
               FROM platform.projects p WHERE p.project_id = $1 AND p.status = 'completed'"""

    async def row() -> Any:
        async with scoped(platform, platform.tenant) as db:
            return await db.fetchrow(query, project)

    found = await eventually(row)
    assert (found["title"], found["tone"], found["jobs"]) == ("Apart", "calm", len(video["jobs"]))
    assert found["scenes"] >= 1
    assert found["assets"] == len(video["assets"])


@pytest.mark.req(67)
async def test_a_query_without_a_user_s_filter_shows_no_other_tenant_s_rows(
    platform: Platform, video: dict[str, Any]
) -> None:
    """The query that the guide calls incorrect, `findMany()` without `where`, is no risk here."""
    for tenant, seen in ((platform.tenant, True), (f"{platform.tenant}-other", False), ("", False)):
        async with scoped(platform, tenant) as db:
            for table in ("projects", "jobs", "scenes", "assets", "presets"):
                rows = await db.fetch(f"SELECT tenant_id FROM platform.{table}")
                assert bool(rows) is seen, (tenant, table)
                assert {row["tenant_id"] for row in rows} <= {tenant}


@pytest.mark.req(67)
async def test_a_stranger_finds_nothing_of_it_by_the_api(
    stranger: httpx.AsyncClient, mine: httpx.AsyncClient, video: dict[str, Any]
) -> None:
    session, job, asset = video["sessionId"], video["jobs"][0], video["assets"][0]["assetId"]
    for path in (f"/v1/sessions/{session}", f"/v1/jobs/{job}", f"/v1/assets/{asset}", f"/v1/assets/{asset}/content"):
        assert (await mine.get(path)).status_code == 200
        theirs, nobodys = await stranger.get(path), await stranger.get(path.replace(path.split("/")[3], str(new_id())))
        assert (theirs.status_code, theirs.json()["code"]) == (404, nobodys.json()["code"])
    assert (await stranger.get("/v1/sessions")).json()["items"] == []
    assert (await stranger.get("/v1/presets")).json()["items"] == []
    assert (await stranger.delete(f"/v1/sessions/{session}", headers={"Prefer": "wait=20"})).status_code == 404
    assert (await mine.get(f"/v1/sessions/{session}")).status_code == 200


@pytest.mark.req(68)
async def test_without_a_key_nothing_is_shown(page: httpx.AsyncClient, video: dict[str, Any]) -> None:
    answer = await page.get(f"/v1/sessions/{video['sessionId']}")
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.missing")


@pytest.mark.req(69)
async def test_what_is_deleted_is_kept_and_comes_back(
    mine: httpx.AsyncClient, platform: Platform, video: dict[str, Any]
) -> None:
    wait = {"Prefer": "wait=20"}
    path = f"/v1/sessions/{video['sessionId']}"
    query = "SELECT deleted_at IS NOT NULL FROM platform.projects WHERE project_id = $1"

    async def deleted() -> bool:
        async with scoped(platform, platform.tenant) as db:
            return await db.fetchval(query, UUID(video["sessionId"]))

    assert (await mine.delete(path, headers=wait)).status_code == 204
    assert (await mine.get(path)).status_code == 404
    await eventually(deleted)
    assert (await mine.post(f"{path}/restore", headers=wait)).status_code == 200
    assert (await mine.get(path)).json()["script"] == SCRIPT


@pytest.mark.req(66, 73)
async def test_the_tables_and_indexes_that_the_guide_names_are_there(platform: Platform) -> None:
    async with scoped(platform, platform.tenant) as db:
        for table in TABLES:
            await db.fetch(f"SELECT * FROM platform.{table} LIMIT 1")
        indexed = await db.fetch("SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'platform'")
    found = {(row["tablename"], column) for row in indexed for column in _columns(row["indexdef"])}
    assert found >= {
        ("projects", "user_id"),
        ("jobs", "project_id"),
        ("jobs", "status"),
        ("assets", "user_id"),
        ("assets", "expires_at"),
    }


def _columns(definition: str) -> list[str]:
    return definition.partition("(")[2].partition(")")[0].split(", ")
