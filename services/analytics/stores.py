"""Where analytics' tables come from."""

from pathlib import Path

MIGRATIONS = Path(__file__).with_name("sql") / "migrations"
METRICS = Path(__file__).with_name("sql") / "metrics"
WORKFLOW = Path(__file__).with_name("sql") / "workflow"
