"""Fixtures that more than one folder needs."""

import os
from collections.abc import Generator
from typing import Any

import pytest

from ops.stack.endpoints import Endpoints
from tests.live.infrastructure import infrastructure, stop_shared_parts
from tests.requirements import Requirements


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Generator[Endpoints]:
    """The real Kafka, MongoDB, PostgreSQL and Redis, started once for the whole run and all its workers."""
    owner = getattr(request.config, "workerinput", {}).get("owner", os.getpid())
    with infrastructure(os.environ, owner) as endpoints:  # noqa: TID251 - the tests' own edge
        yield endpoints


def pytest_configure(config: pytest.Config) -> None:
    """What the tests show about the requirements is kept."""
    config.pluginmanager.register(Requirements())


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A worker of pytest-xdist is told whose run it works for."""
    node.workerinput["owner"] = os.getpid()


def pytest_unconfigure(config: pytest.Config) -> None:
    """After the last test, also after Ctrl-C: what the run has started is stopped."""
    if not hasattr(config, "workerinput"):
        stop_shared_parts(os.getpid())
