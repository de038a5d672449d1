"""The statements of the queue, one in a file, and the migrations that make its tables."""

from importlib.resources import files
from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"
"""For `eventlog.migrations`, after its own."""
RETENTION_MIGRATIONS = Path(__file__).parent / "retention"
"""What the clean-up looks at."""
UPLOADS_MIGRATIONS = Path(__file__).parent / "uploads"
"""What it looks at besides: the users' own files, and when files are planned to go. After those before."""


def statement(name: str) -> str:
    """The text of `<name>.sql`."""
    return (files("services.render.sql") / f"{name}.sql").read_text(encoding="utf-8")
