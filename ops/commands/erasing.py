"""`playhead erase`: an operator closes an account, and sees to it that nothing of it is left.

The services do the work, as for `DELETE /v1/me`: here it is asked for, watched, and told in a report.
"""

import asyncio
import json
import sys
from collections import Counter
from typing import Any, Final
from uuid import UUID, uuid5

from contracts.catalog import as_command
from contracts.envelope import category_of
from contracts.messages.access import RequestErasure
from contracts.topics import COMMANDS_OF
from eventlog.clock import now
from eventlog.kafka import KafkaSender
from eventlog.read.mongo import MongoDatabase
from ops.commands.options import Json
from ops.commands.reach import kafka, mongo, subject_keys
from ops.operations import recorded
from ops.settings import OpsSettings
from services.session.erasure import Leaving, MongoTraces

FINE, WRONG, USAGE = 0, 1, 2
LOOK_SECONDS: Final = 1.0


async def erase(
    account: str, *, tenant: str, yes: bool = False, wait: float = 120.0, dry_run: bool = False, as_json: Json = False
) -> int:
    """Close an account and erase whose it was: the key goes, then every document, row and file; say what went.

    It cannot be taken back. Exit 1 where there is no such account, or it takes longer than `wait`. Its text in the log
    and in every archive cannot be read any more as soon as its key is gone; documents and tables follow within
    seconds, bytes of films and files when they are collected (PLAYHEAD_UNNAMED_BYTES_HOURS).

    Parameters
    ----------
    account
        Its id, as GET /v1/me shows it.
    tenant
        The tenant that it belongs to.
    yes
        Do not ask.
    wait
        Seconds until this command gives up watching; the services go on.
    dry_run
        Only say what would go.
    """
    try:
        whose = Leaving(tenant, str(UUID(account)))
    except ValueError:
        print(f"{account!r} is no account's id: GET /v1/me shows it, a UUID", file=sys.stderr)
        return USAGE
    settings = OpsSettings()
    async with mongo(settings, "playhead-erase") as database:
        if not await _is_there(database, whose):
            print(f"tenant {tenant!r} has no account {account}, or it was erased before", file=sys.stderr)
            return WRONG
        found = await _streams(database, whose)
        if dry_run:
            return _tell(whose, found, found, as_json=as_json)
        if not yes and not _confirmed(whose, found):
            print("Nothing was erased.", file=sys.stderr)
            return WRONG
        async with recorded(settings, "erase", whose.account, [f"tenant={whose.tenant}"]) as operation:
            await _ask(settings, whose)
            left = await _gone(database, whose, wait)
            destroyed = await _destroyed(settings, whose)
            return operation.ended(_tell(whose, found, left, as_json=as_json, destroyed=destroyed))


async def _destroyed(settings: OpsSettings, whose: Leaving) -> bool | None:
    """Whether its key is gone; None where there is no store of keys."""
    with subject_keys(settings) as opening:
        return None if opening.ring is None else await asyncio.to_thread(opening.ring.destroyed, whose.stream)


async def _is_there(database: MongoDatabase, whose: Leaving) -> bool:
    first = {"_id": whose.stream, "$or": [{"name": {"$ne": ""}}, {"address": {"$ne": ""}}]}
    if await database.of_tenant("accounts", whose.tenant).find_one(first) is not None:
        return True
    return bool(await MongoTraces(database).streams(whose))


async def _streams(database: MongoDatabase, whose: Leaving) -> Counter[str]:
    """How many streams of each category are about the account, some thousand at most."""
    return Counter(category_of(one) for one in await MongoTraces(database).streams(whose))


async def _ask(settings: OpsSettings, whose: Leaving) -> None:
    command = as_command(
        RequestErasure(),
        id_=uuid5(UUID(whose.stream.partition("-")[2]), "erased by an operator"),
        stream=whose.stream,
        at=now(),
        tenant=whose.tenant,
        actor="ops:erase",
    )
    sender = KafkaSender(kafka(settings), COMMANDS_OF)
    try:
        await sender.send([command])
    finally:
        await sender.close()


async def _gone(database: MongoDatabase, whose: Leaving, seconds: float) -> Counter[str]:
    """What is left when nothing is, or when the time is over."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while (left := await _streams(database, whose)) and loop.time() < until:  # noqa: ASYNC110 - other processes erase
        await asyncio.sleep(LOOK_SECONDS)
    return left


def _tell(
    whose: Leaving, found: Counter[str], left: Counter[str], *, as_json: bool, destroyed: bool | None = None
) -> int:
    going = destroyed is not None or found != left
    told: dict[str, Any] = {
        "account": whose.account,
        "tenant": whose.tenant,
        "found": dict(found),
        "left": dict(left),
        "keyDestroyed": destroyed,
    }
    if as_json:
        print(json.dumps(told))
    else:
        print(f"account {whose.account} of {whose.tenant}")
        for category, number in sorted(found.items()):
            print(f"  {category}: {number} found, {left[category]} left")
        if going:
            print(f"  key: {_of_key(destroyed)}")
        if going and left:
            print(
                "The services have not finished: `playhead status` shows whether they run; ask again to go on watching."
            )
    return WRONG if going and left else FINE


def _of_key(destroyed: bool | None) -> str:
    match destroyed:
        case True:
            return "destroyed; the text of the log and of every archive cannot be read any more"
        case False:
            return "not destroyed yet"
        case None:
            return "there is no store of keys: what was written in plain text stays in the log"


def _confirmed(whose: Leaving, found: Counter[str]) -> bool:
    print(f"{sum(found.values())} streams are about {whose.account} of {whose.tenant}: {dict(found)}", file=sys.stderr)
    print("Nothing brings them back. Type erase to go on: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() == "erase"
