"""A worker without ffmpeg, and one without room: each says so in a sentence, and a sound one goes on with the job."""

import asyncio
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.chaos.client import FILM, FILM_SECONDS, Client, now
from tests.chaos.invariants import hold
from tests.chaos.processes import frozen, thaw
from tests.chaos.system import LOOK_SECONDS, System
from tests.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]
SMALL_BYTES = 65_536
MOUNT_AND_RUN = 'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec "$@"'


async def test_a_job_that_failed_for_want_of_ffmpeg_or_of_room_is_finished_by_a_sound_worker(
    system: System, client: Client, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    system.forget_outputs()
    sound = int(system.told("worker")["pid"])
    small = await asyncio.to_thread(small_disk, tmp_path)
    with frozen(sound):
        async with system.beside("worker", PLAYHEAD_FFMPEG=str(tmp_path / "ffmpeg")):
            film = await client.ask(FILM)
            failed = await failure(client, film, "failed")
        assert failed["code"].endswith(".encoder_missing")
        assert f"no ffmpeg at {tmp_path / 'ffmpeg'}: install" in failed["message"]

        await retry(client, film)
        async with system.beside("worker", *small, PLAYHEAD_BLOBS_URL=f"file://{tmp_path}"):
            full = await failure(client, film, "queued")
        assert (full["code"], full["retryable"]) == ("disk.full", True)
        assert "is full" in full["message"]
        assert "make room there, then retry" in full["message"]

        thaw(sound)
        healed_at = now()
        assert await finished(client, film) == undisturbed
    system.measure("ffmpeg missing, then disk full: the film is done after a sound worker is back", now() - healed_at)
    await hold(system, client)


def small_disk(folder: Path) -> Sequence[str]:
    """The words before a command that let it write hardly anything into the folder; the kernel says no, nobody else.

    A file system of that size where one may be mounted for a process alone; elsewhere a limit on the size of files.
    """
    mounting = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNT_AND_RUN, "sh")
    command = (*mounting, str(SMALL_BYTES), str(folder))
    may = shutil.which("unshare") and subprocess.run((*command, "true"), capture_output=True, timeout=10, check=False)
    if may and may.returncode == 0:
        return command
    return ("prlimit", f"--fsize={SMALL_BYTES}")


async def job_of(client: Client, session: UUID) -> Mapping[str, Any]:
    """The one job of a session, as it is shown."""
    found = await client.session(session)
    assert found is not None
    return (await client.http.get(f"/v1/jobs/{found['jobs'][0]}")).json()


async def failure(client: Client, session: UUID, status: str) -> Mapping[str, Any]:
    """What a user reads about the job once it has failed and is in that status."""

    async def told() -> Mapping[str, Any] | None:
        if await client.session(session) is None:
            return None
        job = await job_of(client, session)
        return job["error"] if job["status"] == status else None

    return await eventually(told, FILM_SECONDS, LOOK_SECONDS)


async def retry(client: Client, session: UUID) -> None:
    """Ask for it as a user does; return when the job is open again."""
    job = await job_of(client, session)
    answer = await client.http.post(f"/v1/jobs/{job['jobId']}/retry", headers={"Prefer": "wait=10"})
    assert answer.is_success, answer.text


async def finished(client: Client, session: UUID) -> dict[str, str]:
    """The film, once the job that had failed is completed."""

    async def completed() -> bool:
        return (await job_of(client, session))["status"] == "completed"

    await eventually(completed, FILM_SECONDS, LOOK_SECONDS)
    return await client.film(session)
