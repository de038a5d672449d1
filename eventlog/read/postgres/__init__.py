"""PostgreSQL: the store of a projector's rows, and the pool that readers of rows use.

Holds  pool.py      a pool with deadlines, its errors in our words, a transaction bound to a tenant
       login.py     the same for a service: it says when its login may do too much
       table.py     a table as the catalogue describes it, and the statements that write it in bulk
       store.py     PostgresProjectionStore: views, journals, parked records and checkpoint, in one transaction
       generations.py  a rebuild of a projector's tables beside themselves
       parked.py    what waits, and its release
       aside.py     tables of a replay, in schemas of their own
       snapshot.py  everything that a projector has written, as of one moment
       sql/         the statements that do not depend on a table, one in a file
       migrations/  the schema `playhead`, where the stores keep their place
"""

from pathlib import Path

from eventlog.read.postgres.login import open_service_pool
from eventlog.read.postgres.pool import Connection, Pool, open_pool, tenant_transaction
from eventlog.read.postgres.store import PostgresProjectionStore

MIGRATIONS = Path(__file__).parent / "migrations"
"""For `eventlog.migrations`, before those of any service."""

__all__ = [
    "MIGRATIONS",
    "Connection",
    "Pool",
    "PostgresProjectionStore",
    "open_pool",
    "open_service_pool",
    "tenant_transaction",
]
