"""What a worker says to a job's stream. The ids are made of the stream, the epoch and the word: said twice is once."""

from datetime import timedelta
from uuid import UUID, uuid5

from contracts.catalog import as_command
from contracts.envelope import Command
from contracts.messages.job import ClaimJob, CompleteStage, FailStage, ReleaseJob, ReleaseReason
from contracts.model import CommandBody
from contracts.rendering import Stage, StageOutput
from contracts.sealing import Keys, NoKeys
from eventlog.clock import Clock
from services.render.worker.queue import Claim

LONGEST_MESSAGE = 1_000


class Words:
    """The commands of one turn. The files of its stages are planned to go after `keep`; None: with their job.

    Each raises `KeyDestroyed` where it would say something personal of whom was erased, and `Unavailable`.
    """

    def __init__(
        self, claim: Claim, worker: str, clock: Clock, keep: timedelta | None = None, keys: Keys | None = None
    ) -> None:
        self._keys = keys or NoKeys()
        self._subject = claim.subject
        self._keep = keep
        self._claim = claim
        self._worker = worker
        self._clock = clock

    def claim(self, parts: int = 0) -> Command:
        """I take it, and so many parts of its next stage are there."""
        return self._command("claim", ClaimJob(worker=self._worker, epoch=self._claim.epoch, parts=parts))

    def complete(self, output: StageOutput) -> Command:
        """A stage is done. When its files go is said here: what a stage leaves is the same whenever it is run."""
        if self._keep is not None:
            planned = {"expires_at": self._clock() + self._keep}
            files = tuple(one.model_copy(update=planned) for one in output.artifacts)
            output = output.model_copy(update={"artifacts": files})
        return self._command(f"{output.stage.value}/done", CompleteStage(epoch=self._claim.epoch, output=output))

    def fail(self, stage: Stage, code: str, message: str, *, retryable: bool) -> Command:
        """A stage could not be done."""
        body = FailStage(
            epoch=self._claim.epoch, stage=stage, code=code, message=message[:LONGEST_MESSAGE], retryable=retryable
        )
        return self._command(f"{stage.value}/failed", body)

    def release(self, reason: ReleaseReason) -> Command:
        """Somebody else is to go on."""
        return self._command("release", ReleaseJob(epoch=self._claim.epoch, reason=reason))

    def _command(self, word: str, body: CommandBody) -> Command:
        return as_command(
            body,
            id_=uuid5(_namespace(self._claim.stream), f"{self._claim.epoch}/{word}"),
            stream=self._claim.stream,
            at=self._clock(),
            tenant=self._claim.tenant,
            actor=f"worker:{self._worker}",
            subject=self._subject,
            keys=self._keys,
        )


def _namespace(stream: str) -> UUID:
    """The stream's own uuid, which holds the tenant: ids of jobs may repeat between tenants."""
    return UUID(stream.partition("-")[2])
