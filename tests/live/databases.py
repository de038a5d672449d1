"""Databases of PostgreSQL for tests: migrations are applied once, to a template, of which each test has a copy."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from eventlog import migrations
from eventlog.clock import new_id
from ops.commands.setup import MIGRATIONS
from ops.stack.endpoints import Endpoints

Folders = Sequence[tuple[str, Path]]
_templates: Final[dict[tuple[str, tuple[str, ...]], str]] = {}
"""The name of the template, by its server and the folders that were applied to it."""


@asynccontextmanager
async def migrated_database(stack: Endpoints, folders: Folders = MIGRATIONS) -> AsyncGenerator[str]:
    """The URL, as its owner, of a database that nobody else uses; gone on the way out."""
    name = f"test_{new_id().hex}"
    await _tell(stack.postgres, f"CREATE DATABASE {name} TEMPLATE {await _template(stack.postgres, folders)}")
    try:
        yield _url(stack.postgres, name)
    finally:
        await _tell(stack.postgres, f"DROP DATABASE {name} WITH (FORCE)")


async def drop_templates(server: str) -> None:
    """Nothing is left on a server that somebody gave us; a test's own server is gone with its folder."""
    for key in [one for one in _templates if one[0] == server]:
        await _tell(server, f"DROP DATABASE {_templates.pop(key)} WITH (FORCE)")


async def _template(server: str, folders: Folders) -> str:
    key = (server, tuple(folder for folder, _ in folders))
    if key not in _templates:
        name = f"template_{new_id().hex}"
        await _tell(server, f"CREATE DATABASE {name}")
        for folder, path in folders:
            await migrations.up(_url(server, name), folder, path)
        _templates[key] = name
    return _templates[key]


async def _tell(server: str, statement: str) -> None:
    owner = await asyncpg.connect(server)
    try:
        await owner.execute(statement)
    finally:
        await owner.close()


def _url(server: str, name: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
