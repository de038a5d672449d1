"""Faults of what is kept beside the log: films, the cache, and who makes films."""

import asyncio
from contextlib import suppress
from typing import Any

import httpx
import psutil
import redis.asyncio

from blobs.store import key_of
from tests.chaos.client import FILM_SECONDS
from tests.chaos.seeds.anomaly import Anomaly
from tests.chaos.seeds.plan import Fault
from tests.chaos.seeds.site import Site
from tests.chaos.system import LOOK_SECONDS, encoding, http_as
from tests.waiting import eventually


async def cache_flushed(site: Site, fault: Fault) -> None:
    async with redis.asyncio.from_url(site.system.endpoints.redis, socket_timeout=10) as cache:
        await cache.flushall()


async def file_cut_short(site: Site, fault: Fault) -> None:
    """A film on the disk loses its second half for a while: who asks for it must not be told that half is the whole."""
    async with http_as(site.system, site.system.key) as http:
        asset = await eventually(lambda: _a_film(http), FILM_SECONDS, 1.0)
        path = site.system.folder / "blobs" / key_of(asset["sha256"])
        content = await asyncio.to_thread(path.read_bytes)
        await asyncio.to_thread(path.write_bytes, content[: len(content) // 2])
        try:
            answer = await http.get(f"/v1/assets/{asset['assetId']}/content")
            if answer.is_success and len(answer.content) < len(content):
                site.findings.append(Anomaly("I9", f"half of {asset['assetId']} was served as the whole"))
        except httpx.TransportError as error:
            site.remarks.append(f"the connection ends in mid-film: {type(error).__name__}")
        finally:
            await asyncio.to_thread(path.write_bytes, content)


async def _a_film(http: httpx.AsyncClient) -> dict[str, Any] | None:
    try:
        found = await http.get("/v1/sessions", params={"status": "completed", "limit": 100})
        for item in found.json()["items"] if found.is_success else ():
            session = (await http.get(f"/v1/sessions/{item['sessionId']}")).json()
            for asset in session.get("assets", ()):
                if asset["kind"] == "video":
                    return asset
    except httpx.TransportError:
        return None
    return None


async def encoder_killed(site: Site, fault: Fault) -> None:
    """As the kernel does where memory is short."""
    for encoder in await eventually(lambda: encoding(site.system), FILM_SECONDS, LOOK_SECONDS):
        with suppress(psutil.NoSuchProcess):
            encoder.kill()


async def blobs_gone(site: Site, fault: Fault) -> None:
    """Nothing can be read from their folder, nothing be written to it; then all that was there is there again."""
    blobs, away = site.system.folder / "blobs", site.system.folder / "blobs-away"
    await asyncio.to_thread(blobs.mkdir, exist_ok=True)
    await asyncio.to_thread(blobs.rename, away)
    try:
        await asyncio.to_thread(blobs.touch)  # in place of the folder: it cannot be made anew, and be lost again
        await asyncio.sleep(fault.lasts)
    finally:
        await asyncio.to_thread(blobs.unlink, missing_ok=True)
        await asyncio.to_thread(away.rename, blobs)
