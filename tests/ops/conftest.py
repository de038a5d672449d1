"""What a command sets for its own process is taken back after each test."""

from collections.abc import Generator

import pytest
import structlog


@pytest.fixture(autouse=True)
def quiet_again() -> Generator[None]:
    """`playhead` logs to the standard error of its process, which for a test is closed with it."""
    yield
    structlog.reset_defaults()
