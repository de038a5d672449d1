"""Fixtures that more than one folder needs."""

import asyncio
import os
from collections.abc import Generator
from typing import Any

import pytest

from ops.stack.endpoints import Endpoints
from tests.live.databases import drop_templates
from tests.live.infrastructure import infrastructure, stop_shared_parts
from tests.requirements import Requirements
from tests.together import SHARED, Together, rank


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Generator[Endpoints]:
    """The real Kafka, MongoDB, PostgreSQL and Redis, started once for the whole run; for each of its workers once."""
    told = getattr(request.config, "workerinput", {})
    owner, worker = told.get("owner", os.getpid()), told.get("workerid", "")
    with infrastructure(os.environ, owner, worker) as endpoints:  # noqa: TID251 - the tests' own edge
        yield endpoints
        asyncio.run(drop_templates(endpoints.postgres))


def pytest_configure(config: pytest.Config) -> None:
    """What the tests show about the requirements is kept."""
    config.pluginmanager.register(Requirements())


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A worker of pytest-xdist is told whose run it works for."""
    node.workerinput["owner"] = os.getpid()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins."""
    items.sort(key=lambda item: rank(item.nodeid))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Who lets go of what a group shares learns whether there is more of the group to come."""
    SHARED.between(item.nodeid, nextitem.nodeid if nextitem else None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    """`--dist loadscope` is ours."""
    return Together(config, log) if config.getoption("dist") == "loadscope" else None


def pytest_unconfigure(config: pytest.Config) -> None:
    """After the last test, also after Ctrl-C: what the run has started is stopped."""
    if not hasattr(config, "workerinput"):
        stop_shared_parts(os.getpid())
