"""A log of real commits in memory, as a rebuild would read it: what the stores are measured with."""

from pathlib import Path

import msgspec

from contracts.envelope import Commit
from contracts.messages import SESSION_CATALOG
from contracts.topics import SESSION_EVENTS
from eventlog.commit import start
from eventlog.kafka import partition_for
from eventlog.memory import MemoryEventLog
from eventlog.read.replay import Source
from eventlog.write.lane import Lane
from eventlog.write.ledger import SqliteLedger
from eventlog.write.processor import Processor
from ops.bench.commands import commands
from services.session.deciders import DECIDERS

PARTITIONS = 2
SEED = 20_261_121
_BATCH = 500
_decode = msgspec.json.Decoder(Commit).decode


async def decided(count: int) -> tuple[Source, int]:
    """What `count` commands came to, each in the partition of its stream; and how many events that is."""
    log = MemoryEventLog(SESSION_EVENTS.name, PARTITIONS)
    given = commands(count, SEED)
    for partition in range(PARTITIONS):
        ledger = SqliteLedger(Path(":memory:"), "bench", start(log.topic, partition))
        processor = Processor(log, partition, Lane(DECIDERS, SESSION_CATALOG, ledger, lambda _stream: True))
        await processor.start()
        mine = [one for one in given if partition_for(one.stream, PARTITIONS) == partition]
        for first in range(0, len(mine), _BATCH):
            await processor.handle(mine[first : first + _BATCH])
        await processor.stop()
        ledger.close()
    events = sum(len(_decode(record.value).events) for records in log.partitions for record in records)
    return Source(log, range(PARTITIONS), SESSION_CATALOG), events
