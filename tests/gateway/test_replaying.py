"""The log is folded again beside what is shown and compared with it; the applications go on meanwhile."""

import pytest

from eventlog.memory import MemoryEventLog
from eventlog.read.replay import Source
from eventlog.read.verify import Finding, verify
from tests.flows.world import Reader
from tests.gateway.company import Company
from tests.gateway.test_one_core import READS, WRITES, write
from tests.gateway.world import ADMINS, KEY


async def replayed(reader: Reader) -> list[Finding]:
    """What a second fold of the log finds wrong with the first."""
    log = MemoryEventLog(reader.service.topic, 1)
    log.partitions[0] = reader.service.log
    source = Source(log, [0], reader.service.catalog)
    report = await verify([source], reader.store, reader.projections, reader.journals)
    assert report.records == len(reader.service.log) > 0
    return report.findings


@pytest.mark.req(87)
async def test_the_log_is_replayed_between_any_two_calls_and_what_is_wrong_is_named() -> None:
    company = Company()
    world = company.services
    readers = (world.documents, world.jobs, world.queue, world.retention, *world.facts)
    company.changed["keys"] = ADMINS
    async with company.client(KEY) as page:
        for how in WRITES:
            await write(page, *how)
            assert [finding for one in readers if one.service.log for finding in await replayed(one)] == []
        shown = world.documents.store.views["projects"]
        ((stream, (project,)),) = shown.items()
        shown[stream] = ({**project, "name": "Not what was said"},)
        assert [(one.name, one.id, one.field) for one in await replayed(world.documents)] == [
            ("projects", project["_id"], "name")
        ]
        assert [(await page.get(path)).status_code for path in READS] == [200] * len(READS)
