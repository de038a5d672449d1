"""A turn for somebody who was erased meanwhile ends by itself: the queue does not know its job any more."""

import asyncio
from typing import Any, cast
from uuid import UUID

import pytest

from contracts.rendering import JobInputs
from eventlog.keys.memory import MemoryKeyStore
from eventlog.keys.ring import KeyRing
from services.render.worker.lease import Lease, Over
from services.render.worker.queue import Claim, RenderQueue

CLAIM = Claim("job-1", "acme", UUID(int=1), UUID(int=2), UUID(int=3), JobInputs(), 1)


async def test_a_lease_for_whom_was_erased_is_over() -> None:
    ring = KeyRing(MemoryKeyStore())
    ring.to_seal(CLAIM.subject)
    queue = RenderQueue(cast("Any", None), "worker-1", jobs_per_tenant=1)  # no database: it is not asked any more
    lease = Lease(queue, CLAIM, asyncio.get_running_loop().time(), ring)
    ring.destroy(CLAIM.subject)
    with pytest.raises(Over, match="was erased meanwhile"):
        async with asyncio.timeout(5):
            await lease.keep()
