"""What follows elsewhere from what happens to sessions and accounts. The names of the rules are part of command ids."""

from collections.abc import Iterable

from contracts.envelope import category_of, stream_id
from contracts.messages.account import CreditsReserved
from contracts.messages.job import ApproveJob, CancelJob, FailJob, QueueJob
from contracts.messages.session import SessionDeleted, StagesRequested
from eventlog.write.policy import Ask, Heard


def queue(heard: Heard) -> Iterable[Ask]:
    """Stages that were asked for become a job."""
    if isinstance(body := heard.body, StagesRequested):
        job = QueueJob(
            job_id=body.job_id,
            session_id=body.session_id,
            account_id=body.account_id,
            stages=body.stages,
            inputs=body.inputs,
            outputs=body.outputs,
            estimate_points=body.estimate_points,
        )
        yield Ask("queue", stream_id("job", heard.tenant, str(body.job_id)), job)


def approve(heard: Heard) -> Iterable[Ask]:
    """A job whose points are set aside may be done."""
    if isinstance(body := heard.body, CreditsReserved):
        yield Ask("approve", stream_id("job", heard.tenant, str(body.job_id)), ApproveJob(run=body.run))


def cannot_pay(heard: Heard) -> Iterable[Ask]:
    """A job whose points could not be set aside ends."""
    refusal = heard.refusal
    if refusal is not None and heard.command_type == "ReserveCredits" and category_of(heard.origin) == "job":
        yield Ask("cannot_pay", heard.origin, FailJob(code=refusal.code, message=refusal.detail, retryable=True))


def stop(heard: Heard) -> Iterable[Ask]:
    """What still runs for a deleted session is stopped."""
    if isinstance(body := heard.body, SessionDeleted) and body.job_id is not None:
        job = stream_id("job", heard.tenant, str(body.job_id))
        yield Ask("stop", job, CancelJob(reason="the session was deleted"))


POLICIES = (queue, approve, cannot_pay, stop)
