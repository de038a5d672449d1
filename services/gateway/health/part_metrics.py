"""How the parts are, as figures for a scraper: whether they answer, how large they are, how much of the pool is used.

The figures are those of the health page, taken when the scraper comes. A part that is away keeps no old figures.
"""

from collections.abc import Mapping
from typing import Any, Final

from prometheus_client import Gauge

from services.gateway.metrics import REGISTRY
from services.gateway.ports.gateway import PartState

UP: Final = Gauge("playhead_part_up", "1 while the part answers the gateway.", ("part",), registry=REGISTRY)
LATENCY: Final = Gauge("playhead_part_latency_seconds", "How long it took.", ("part",), registry=REGISTRY)
CONNECTIONS: Final = Gauge(
    "playhead_database_connections", "Connections to the PostgreSQL database, of everybody.", registry=REGISTRY
)
MOST_CONNECTIONS: Final = Gauge(
    "playhead_database_connections_limit", "How many the server takes, for all databases.", registry=REGISTRY
)
POOL: Final = Gauge(
    "playhead_database_pool_connections", "The gateway's pool, by state: in_use or idle.", ("state",), registry=REGISTRY
)
BYTES: Final = Gauge("playhead_database_bytes", "The size of the PostgreSQL database.", registry=REGISTRY)
TABLE_BYTES: Final = Gauge(
    "playhead_database_table_bytes", "The size of a table with its indexes.", ("table",), registry=REGISTRY
)
LAG: Final = Gauge(
    "playhead_projection_lag_seconds", "Age of the oldest commit that is not folded.", ("projector",), registry=REGISTRY
)


def note(states: Mapping[str, PartState]) -> None:
    """Keep what was seen of each part; PostgreSQL is `database`, the projectors are `projections`."""
    for labelled in (UP, LATENCY, POOL, TABLE_BYTES, LAG):
        labelled.clear()
    for name, state in states.items():
        if name != "projections":
            UP.labels(name).set(int(state.connected))
        if state.latency_ms is not None:
            LATENCY.labels(name).set(state.latency_ms / 1000)
    _database(states.get("database", PartState(connected=False)).about)
    for projector, lag in states.get("projections", PartState(connected=False)).about.items():
        LAG.labels(projector).set(lag["lagSeconds"])


def _database(about: Mapping[str, Any]) -> None:
    statistics = about.get("statistics") or {}
    CONNECTIONS.set(about.get("activeConnections") or 0)
    MOST_CONNECTIONS.set(about.get("maxConnections") or 0)
    BYTES.set(statistics.get("sizeBytes") or 0)
    in_use, size = about.get("poolInUse") or 0, about.get("poolSize") or 0
    POOL.labels("in_use").set(in_use)
    POOL.labels("idle").set(max(size - in_use, 0))
    for table, size_bytes in (statistics.get("tableBytes") or {}).items():
        TABLE_BYTES.labels(table).set(size_bytes)
