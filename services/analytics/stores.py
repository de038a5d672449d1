"""Where analytics' tables come from."""

from pathlib import Path

MIGRATIONS = Path(__file__).with_name("sql") / "migrations"
