"""All figures of the rivals."""

from pathlib import Path

from ops.bench.measure import Figure
from ops.bench.rivals.losses import Told, losses
from ops.bench.rivals.speed import speed
from ops.settings import OpsSettings


async def figures(settings: OpsSettings, folder: Path, told: Told) -> list[Figure]:
    """P3, P3b, P2 and C7, on the running services; `playhead up` before. `folder`: for a ledger."""
    return [*await speed(settings, folder, told), *await losses(settings, told)]
