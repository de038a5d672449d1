"""Where analytics' tables come from."""

from pathlib import Path

MIGRATIONS = Path(__file__).with_name("sql") / "migrations"
METRICS = Path(__file__).with_name("sql") / "metrics"
WORKFLOW = Path(__file__).with_name("sql") / "workflow"
WALLET_MIGRATIONS = Path(__file__).with_name("sql") / "wallet"
"""The one-shot application's own tables; after the analysts' and after those of the blob store."""
PLATFORM = Path(__file__).with_name("sql") / "platform"
"""The schema `platform`, after the others."""
AUDIT = Path(__file__).with_name("sql") / "audit"
"""The audit trail, in the schema `platform`."""
