"""Migrations go forward only, one runner at a time, and what was applied may not change."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from eventlog.clock import new_id
from eventlog.errors import Unavailable
from eventlog.migrations import Changed, Migration, status, up
from eventlog.read.postgres import MIGRATIONS
from ops.stack.launcher import Endpoints

pytestmark = pytest.mark.live


@pytest.fixture
async def dsn(stack: Endpoints) -> AsyncGenerator[str]:
    """An empty database."""
    name = f"test_{new_id().hex}"
    owner = await asyncpg.connect(stack.postgres)
    await owner.execute(f"CREATE DATABASE {name}")
    yield urlunsplit(urlsplit(stack.postgres)._replace(path=f"/{name}"))
    await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await owner.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_one.sql").write_text("CREATE TABLE one (n integer); INSERT INTO one VALUES (1);")
    (tmp_path / "0002_two.sql").write_text("CREATE TABLE two AS SELECT * FROM one;")
    return tmp_path


async def test_what_is_missing_is_applied_in_order_and_once(dsn: str, folder: Path) -> None:
    assert await status(dsn, "tests", folder) == [
        Migration("tests", "0001_one.sql", applied=False),
        Migration("tests", "0002_two.sql", applied=False),
    ]
    assert await up(dsn, "tests", folder) == ["0001_one.sql", "0002_two.sql"]
    (folder / "0003_three.sql").write_text("DROP TABLE two;")
    assert await up(dsn, "tests", folder) == ["0003_three.sql"]
    assert await up(dsn, "tests", folder) == []
    assert all(one.applied for one in await status(dsn, "tests", folder))


async def test_a_changed_file_is_refused_by_name(dsn: str, folder: Path) -> None:
    await up(dsn, "tests", folder)
    (folder / "0001_one.sql").write_text("CREATE TABLE one (n bigint);")
    (folder / "0003_three.sql").write_text("DROP TABLE two;")
    with pytest.raises(Changed, match=r"tests/0001_one\.sql"):
        await up(dsn, "tests", folder)
    with pytest.raises(Changed, match=r"tests/0001_one\.sql"):
        await status(dsn, "tests", folder)


async def test_a_file_that_went_away_is_refused_by_name(dsn: str, folder: Path) -> None:
    await up(dsn, "tests", folder)
    (folder / "0002_two.sql").unlink()
    with pytest.raises(Changed, match=r"tests/0002_two\.sql.*not there"):
        await up(dsn, "tests", folder)


async def test_a_file_that_fails_leaves_nothing_of_itself(dsn: str, folder: Path) -> None:
    (folder / "0002_two.sql").write_text("CREATE TABLE two (n integer); SELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await up(dsn, "tests", folder)
    (folder / "0002_two.sql").write_text("CREATE TABLE two (n integer);")
    assert await up(dsn, "tests", folder) == ["0002_two.sql"]


async def test_runners_at_the_same_time_apply_each_file_once(dsn: str, folder: Path) -> None:
    applied = await asyncio.gather(*(up(dsn, "tests", folder) for _ in range(4)))
    assert sorted(name for names in applied for name in names) == ["0001_one.sql", "0002_two.sql"]


async def test_folders_do_not_know_of_one_another(dsn: str, folder: Path) -> None:
    assert await up(dsn, "eventlog", MIGRATIONS) == [one.name for one in sorted(MIGRATIONS.glob("*.sql"))]
    assert len(await up(dsn, "tests", folder)) == 2


@pytest.mark.parametrize("name", ["0002_gap.sql", "first.sql", "0001-dash.sql"])
async def test_a_name_that_gives_no_order_is_refused(dsn: str, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(ValueError, match=name):
        await up(dsn, "tests", tmp_path)


async def test_a_server_that_is_not_there_is_unavailable(folder: Path) -> None:
    with pytest.raises(Unavailable):
        await up("postgresql://nobody@127.0.0.1:1/nothing", "tests", folder)
