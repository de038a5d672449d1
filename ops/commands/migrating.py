"""`playhead migrate [up | status | resolve]`: PostgreSQL's tables and MongoDB's collections, up to this version."""

import json
import re
from typing import Any, Literal

import asyncpg
from cyclopts import App

from eventlog import migrations
from eventlog.errors import PlayheadError
from ops.commands.options import Json
from ops.commands.reach import endpoints, mongo
from ops.commands.setup import MIGRATIONS
from ops.logins import set_passwords
from ops.operations import recorded
from ops.settings import OpsSettings
from services.render import stores as render
from services.session import stores as session

FINE, WRONG, USAGE = 0, 1, 2

app = App(name="migrate", help="Bring tables and collections up to this version.", result_action="return_value")


class MigrationFailed(PlayheadError):
    """A file was refused by the database; nothing of it was kept."""


@app.default
@app.command
async def up(*, dry_run: bool = False, as_json: Json = False) -> int:
    """Bring PostgreSQL's tables and logins and MongoDB's collections up to this version of the code.

    It connects to DIRECT_URL, or to DATABASE_URL where that is not given, as the owner of the tables. The logins get
    the passwords of PLAYHEAD_ROLE_PASSWORDS.

    Parameters
    ----------
    dry_run
        Say what would be applied, and change nothing.
    """
    settings = OpsSettings()
    dsn = endpoints(settings).postgres
    done: dict[str, list[str]] = {}
    for folder, path in MIGRATIONS:
        if dry_run:
            found = await migrations.status(dsn, folder, path)
            done[folder] = [one.name for one in found if not one.applied]
        else:
            done[folder] = await _up(dsn, folder)
        what = "would be applied" if dry_run else "applied"
        if not as_json:
            print(f"{folder}: " + (f"{', '.join(done[folder])} {what}" if done[folder] else "up to date"))
    logins = [] if dry_run else list(settings.role_passwords)
    if logins:
        await set_passwords(dsn, settings.role_passwords)
    if not dry_run:
        await install(settings)
    if as_json:
        print(json.dumps({"dryRun": dry_run, "folders": done, "logins": logins}))
    elif not dry_run:
        if logins:
            print(f"logins with the passwords that were given: {', '.join(logins)}")
        print("MongoDB: collections, validators and indexes are in place")
    return FINE


@app.command
async def status(*, as_json: Json = False) -> int:
    """Which migrations the database has. Exit 1: some are missing, or a file was changed after it was applied."""
    dsn = endpoints(OpsSettings()).postgres
    told: dict[str, Any] = {}
    for folder, path in MIGRATIONS:
        try:
            found = await migrations.status(dsn, folder, path)
        except migrations.Changed as error:
            told[folder] = {"applied": [], "missing": [], "changed": str(error)}
        else:
            names = {flag: [one.name for one in found if one.applied is flag] for flag in (True, False)}
            told[folder] = {"applied": names[True], "missing": names[False], "changed": ""}
    if as_json:
        print(json.dumps(told))
    else:
        for folder, one in told.items():
            waiting = f"{', '.join(one['missing'])} missing: `playhead migrate up` applies them"
            print(
                f"{folder}: "
                + (one["changed"] or (waiting if one["missing"] else f"all {len(one['applied'])} applied"))
            )
    return WRONG if any(one["missing"] or one["changed"] for one in told.values()) else FINE


@app.command
async def resolve(
    migration: str, how: Literal["applied", "undone"], *, dry_run: bool = False, as_json: Json = False
) -> int:
    """Say what a migration has come to, after the database was corrected by hand.

    A migration that fails leaves nothing of itself, so this is for one that was changed after it was applied, or
    whose tables somebody has made or dropped by hand. The file is not run; `playhead maintenance validate` compares.

    Parameters
    ----------
    migration
        FOLDER/FILE, such as analytics/0003_views.sql.
    how
        applied: the database is as the file says now. undone: nothing of it is in the database; the next
        `playhead migrate up` runs it.
    dry_run
        Say what would be noted, and change nothing.
    """
    folder, _, name = migration.partition("/")
    paths = dict(MIGRATIONS)
    if folder not in paths or not re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", name):
        said = f"{migration!r} is no migration: FOLDER/0001_what.sql is needed, with a folder of {', '.join(paths)}"
        print(json.dumps({"usage": said}) if as_json else said)
        return USAGE
    if not dry_run:
        dsn = endpoints(OpsSettings()).postgres
        async with recorded(OpsSettings(), "migrate resolve", migration, [how]):
            await migrations.resolve(dsn, folder, paths[folder], name, applied=how == "applied")
    noted = "would be noted" if dry_run else "is noted"
    told = {"migration": migration, "how": how, "dryRun": dry_run}
    print(json.dumps(told) if as_json else f"{migration} {noted} as {how}")
    return FINE


async def bring_up(settings: OpsSettings) -> None:
    """Everything, without a word. Raises `MigrationFailed`, `Changed`, `Unavailable`."""
    for folder, _ in MIGRATIONS:
        await _up(endpoints(settings).postgres, folder)
    await install(settings)


async def install(settings: OpsSettings) -> None:
    """Collections, validators and indexes of MongoDB. A repeat changes nothing."""
    async with mongo(settings, "playhead-migrate") as database:
        await session.install(database)
        await render.install(database)


def schemas() -> list[str]:
    """The schemas of PostgreSQL that the migrations make, but the one of their book."""
    texts = [file.read_text(encoding="utf-8") for _, path in MIGRATIONS for file in sorted(path.glob("*.sql"))]
    return sorted({name for text in texts for name in re.findall(r"^CREATE SCHEMA (\w+)", text, re.MULTILINE)})


async def _up(dsn: str, folder: str) -> list[str]:
    try:
        return await migrations.up(dsn, folder, dict(MIGRATIONS)[folder])
    except asyncpg.PostgresError as error:
        raise MigrationFailed(
            f"a migration of {folder} failed: {type(error).__name__}: {error}. Nothing of it was kept, those before it "
            "stay. Remove what is in its way, then `playhead migrate up` goes on; where the database is already as the "
            f"file says, `playhead migrate resolve {folder}/FILE applied` notes that. `playhead migrate status` lists."
        ) from error
