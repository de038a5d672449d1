"""Fixtures that more than one folder needs."""

import os
from collections.abc import Generator

import pytest

from ops.stack.launcher import Endpoints
from tests.live.infrastructure import infrastructure


@pytest.fixture(scope="session")
def stack() -> Generator[Endpoints]:
    """The real Kafka, MongoDB, PostgreSQL and Redis, started once for the whole run."""
    with infrastructure(os.environ) as endpoints:  # noqa: TID251 - the tests' own edge
        yield endpoints
