"""`playhead reset`: stores are emptied, and filled again from the log; or everything is emptied, the log too."""

import asyncio
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncpg

from blobs.opening import open_blobs
from contracts.topics import TOPICS
from eventlog import migrations
from eventlog.errors import PlayheadError
from eventlog.kafka import delete_topics, existing_topics
from eventlog.read.postgres.pool import our_errors
from ops.commands import migrating
from ops.commands.filling import Filled, fill
from ops.commands.options import Json
from ops.commands.progress import bars
from ops.commands.reach import documents, endpoints, kafka, mongo, postgres
from ops.operations import recorded
from ops.processes import SERVICES
from ops.settings import OpsSettings
from ops.state import live_state

FINE, USAGE = 0, 2
LASTING = ("blobs", "keys")
"""The schemas, and folders of migrations, that no log makes again: bytes, and the keys that the log is read with."""
_WORD = "reset"
_CONNECTED = """
SELECT DISTINCT application_name FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'playhead-%' AND application_name <> ALL($1)
"""


_OPERATORS = [f"playhead-{name}" for name in ("reset", "verify", "migrate", "maintenance", "bench", "demo", "replay")]


class ResetRefused(PlayheadError):
    """It would take what is in use, or what is not this machine's own."""


async def reset(
    *,
    everything: bool = False,
    yes: bool = False,
    production: bool = False,
    dry_run: bool = False,
    as_json: Json = False,
) -> int:
    """Empty documents and tables, and fill them again from the log, which is kept. No service may run meanwhile.

    `playhead down` and `playhead up --parts-only` come before, `playhead up` after it. Where the stores still work,
    `playhead rebuild` is the better way: it needs no downtime, compares, and can be taken back.

    Parameters
    ----------
    everything
        Empty the log, the ledgers and the bytes, too. Nothing brings them back but a backup.
    yes
        Do not ask.
    production
        Do it, though this is not the stack of one person on one machine.
    dry_run
        Say what would go, and change nothing.
    """
    settings = OpsSettings()
    if not (settings.local or production or dry_run):
        print(
            "playhead: this is not the local profile, so others may rely on it: --production says that it is meant",
            file=sys.stderr,
        )
        return USAGE
    going = await _going(settings, everything=everything)
    filled: Sequence[Filled] = ()
    if not dry_run:
        await refuse_beside_services(settings)
        if not (yes or await asyncio.to_thread(_confirmed, going)):
            print(f"playhead: nothing was changed: it was not confirmed. Type {_WORD}, or give --yes.", file=sys.stderr)
            return USAGE
        async with recorded(settings, "reset", "", ["everything"] * everything):
            await _empty(settings, everything=everything)
            filled = () if everything else await _filled(settings)
    said = [f"{name}: {what} {'would go' if dry_run else 'are gone'}" for name, what in going.items()]
    said += [f"{one.projector}: {one.records} records folded in {one.seconds:.1f} s" for one in filled]
    after = (
        ""
        if dry_run
        else "`playhead up` "
        + ("starts with nothing" if everything else "goes on: documents and tables are what the log says")
    )
    print(
        json.dumps(
            {"dryRun": dry_run, "everything": everything, "gone": going, "filled": [one._asdict() for one in filled]}
        )
        if as_json
        else "\n".join([*said, after]).strip()
    )
    return FINE


async def refuse_beside_services(settings: OpsSettings) -> None:
    """Raises `ResetRefused` where a service of this data folder runs, or one is connected to this database."""
    state = live_state(settings.data_dir)
    running = {process["name"] for process in state["processes"]} & set(SERVICES) if state is not None else set[str]()
    async with postgres(settings, "playhead-reset") as pool:
        with our_errors():
            running |= {row["application_name"] for row in await pool.fetch(_CONNECTED, _OPERATORS)}
    if running:
        raise ResetRefused(
            f"{', '.join(sorted(running))} run(s): stop every service first. Here: `playhead down`, then "
            "`playhead up --parts-only`."
        )


async def stores_in_use(settings: OpsSettings) -> list[str]:
    """Which stores hold what was made from a log."""
    used: list[str] = []
    async with mongo(settings, "playhead-reset") as database:
        if await database.collection("checkpoints").find_one({}) is not None:
            used.append(f"MongoDB {documents(settings)}")
    async with postgres(settings, "playhead-reset") as pool:
        with our_errors():
            try:
                if await pool.fetchval("SELECT count(*) FROM playhead.checkpoints"):
                    used.append("PostgreSQL")
            except asyncpg.UndefinedTableError:
                pass  # never migrated: nothing is in it
    if _ledgers(settings):
        used.append(f"{settings.data_dir / 'ledgers'}")
    return used


async def _going(settings: OpsSettings, *, everything: bool) -> dict[str, Any]:
    endpoints(settings)
    gone: dict[str, Any] = {
        "MongoDB": f"all documents of {documents(settings)}, answers to repeated calls included,",
        "PostgreSQL": f"all tables of {', '.join(_dropped(everything=everything))}",
    }
    if everything:
        gone["Kafka"] = ", ".join(sorted(await existing_topics(kafka(settings), TOPICS))) or "no topics"
        gone["ledgers"] = f"{len(_ledgers(settings))} files in {settings.data_dir / 'ledgers'}"
        gone["bytes"] = f"all blobs of {_shown(settings.blobs)}"
    return gone


async def _empty(settings: OpsSettings, *, everything: bool) -> None:
    if everything:
        await delete_topics(kafka(settings), TOPICS)
        await asyncio.to_thread(shutil.rmtree, settings.data_dir / "ledgers", ignore_errors=True)
        await _delete_bytes(settings)
    async with mongo(settings, "playhead-reset") as database:
        await database.drop()
    kept = [] if everything else list(LASTING)
    await migrations.wipe(endpoints(settings).postgres, _dropped(everything=everything), kept)
    await migrating.bring_up(settings)


def _dropped(*, everything: bool) -> list[str]:
    return [name for name in migrating.schemas() if everything or name not in LASTING]


async def _filled(settings: OpsSettings) -> Sequence[Filled]:
    with bars() as told:
        return await fill(settings, told)


async def _delete_bytes(settings: OpsSettings) -> None:
    blobs = open_blobs(settings.blobs)
    try:
        for blob in [blob async for blob in blobs.list()]:
            await blobs.delete(blob.sha256)
    finally:
        await blobs.close()
    parts = urlsplit(settings.blobs)
    if parts.scheme == "file":  # the notes beside them, which name stages' outputs
        await asyncio.to_thread(shutil.rmtree, Path(unquote(parts.path)) / "outputs", ignore_errors=True)


def _ledgers(settings: OpsSettings) -> list[Path]:
    return sorted((settings.data_dir / "ledgers").glob("*.sqlite"))


def _shown(url: str) -> str:
    """Without a password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


def _confirmed(going: dict[str, Any]) -> bool:
    for name, what in going.items():
        print(f"{name}: {what} will go", file=sys.stderr)
    print(f"Type {_WORD} to go on: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() == _WORD
