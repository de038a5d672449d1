"""A lease that is kept while a job is worked on, and that ends the work when the job is no longer this worker's."""

import asyncio

import structlog

from contracts.sealing import Keys
from eventlog.errors import PlayheadError, Unavailable
from services.render.worker.queue import Claim, RenderQueue

RENEW_SECONDS = 3.0
LOOK_SECONDS = 0.5
"""How often it is asked whether the job was canceled: a cancel has to end a running program within three seconds."""


class Lost(PlayheadError):
    """The lease is over, or nobody knows: what runs for the job has to stop, and nothing more may be said about it."""


class Over(PlayheadError):
    """The log says that this turn has ended: it was canceled, or another worker has the job, or it is done."""


class Lease:
    """Held for `lease_seconds` from the moment that a request to the database *began*, so never longer than it says.

    The local clock is the one that goes on while a process is stopped, so a worker that was frozen finds it out before
    it does anything else.
    """

    def __init__(self, queue: RenderQueue, claim: Claim, began: float, keys: Keys) -> None:
        """`began` is the loop's time before the claim was asked for."""
        self._keys = keys
        self._queue = queue
        self._claim = claim
        self._until = began + queue.lease_seconds
        self._log = structlog.get_logger().bind(stream=claim.stream, epoch=claim.epoch)

    def ensure(self) -> None:
        """Raise `Lost` where the lease is over."""
        if _now() >= self._until:
            raise Lost(
                f"the lease of {self._claim.stream} could not be renewed within {self._queue.lease_seconds:g} s: "
                "another worker may have the job"
            )

    async def keep(self) -> None:
        """Renew until it is cancelled. Raises `Lost` or `Over`."""
        due = _now() + RENEW_SECONDS
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.ensure()
            if self._is_for_nobody():
                raise Over(f"whom {self._claim.stream} is for was erased meanwhile")
            try:
                async with asyncio.timeout_at(self._until):
                    if _now() >= due:
                        await self._renew()
                        due = _now() + RENEW_SECONDS
                    if await self._queue.is_past(self._claim):
                        raise Over(f"turn {self._claim.epoch} at {self._claim.stream} has ended")
            except TimeoutError:
                self.ensure()
            except Unavailable as error:
                left = round(self._until - _now(), 1)
                self._log.warning("the lease was not renewed", detail=str(error), seconds_left=left)

    def _is_for_nobody(self) -> bool:
        """Whether the key was destroyed: the queue does not know the job any more."""
        keys, subject = self._keys, self._claim.subject
        return keys.seals and keys.knows(subject) and keys.to_open(subject) is None

    async def _renew(self) -> None:
        began = _now()
        if not await self._queue.renew(self._claim):
            raise Lost(f"the lease of {self._claim.stream} for epoch {self._claim.epoch} is over or somebody else's")
        self._until = began + self._queue.lease_seconds


def _now() -> float:
    return asyncio.get_running_loop().time()
