"""Where analytics' tables come from."""

from pathlib import Path

MIGRATIONS = Path(__file__).with_name("sql") / "migrations"
PLATFORM = Path(__file__).with_name("sql") / "platform"
"""The schema `platform`, after the others."""
