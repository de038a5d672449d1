"""The statements that the gateway asks PostgreSQL: one a file, its first line a sentence about it."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Final


def _statements(folder: str) -> Mapping[str, str]:
    found = sorted((files("services.gateway") / "sql" / folder).iterdir(), key=lambda file: file.name)
    return {file.name.removesuffix(".sql"): file.read_text(encoding="utf-8") for file in found}


WORKFLOW: Final = _statements("workflow")
AUDIT: Final = _statements("audit")
METRICS: Final = _statements("metrics")
DEFINITIONS: Final[Mapping[str, str]] = {
    name: statement.partition("\n")[0].removeprefix("-- ") for name, statement in METRICS.items()
}
"""Metric to what it means."""
