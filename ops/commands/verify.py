"""`playhead verify`: is every chain whole, and is every document and row exactly what the log says?"""

from eventlog.errors import Diverged
from eventlog.read.replay import Source
from eventlog.read.snapshot import SnapshotStore
from eventlog.read.verify import Report
from eventlog.read.verify import verify as compare
from ops.commands.log import verify_logs
from ops.commands.progress import bars
from ops.commands.projectors import KNOWN, Kept, stores
from ops.commands.reach import log_of
from ops.settings import OpsSettings

FINE, WRONG = 0, 1


async def verify(projector: str = "") -> int:
    """Verify every chain, and every document and row against the fold of the log. Services may run meanwhile.

    Exit 0: all is as it should be. Exit 1: something is not, and is named.

    Parameters
    ----------
    projector
        One projector only, such as session.mongo-projector.
    """
    if projector and projector not in KNOWN:
        print(f"there is no projector {projector!r}; there are {', '.join(KNOWN)}")
        return 2
    settings = OpsSettings()
    wrong = 0 if projector else await verify_logs()
    async with stores(settings, "playhead-verify") as found:
        for kept, store in found:
            if projector in ("", kept.name):
                wrong += await _verify(settings, kept, store)
    return WRONG if wrong else FINE


async def _verify(settings: OpsSettings, kept: Kept, store: SnapshotStore) -> int:
    """How many things are wrong with it."""
    try:
        async with log_of(settings, kept.projector.topic.name) as log:
            source = Source(log, range(log.partitions()), kept.projector.catalog)
            with bars() as told:
                report = await compare([source], store, *kept.folds, lambda done, of: told(kept.name, done, of))
    except Diverged as error:
        print(f"{kept.name}: {error}")
        return 1
    _tell(kept, report)
    return len(report.findings) + report.unlisted


def _tell(kept: Kept, report: Report) -> None:
    found = len(report.findings) + report.unlisted
    rows = sum(content.rows for content in report.contents.values())
    print(f"{kept.name}: {report.records} records, {rows} documents or rows, {report.parked} parked, {found} wrong")
    for finding in report.findings:
        print(f"    {finding}")
    if report.unlisted:
        print(f"    … and {report.unlisted} more")
