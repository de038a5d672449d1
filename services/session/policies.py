"""What follows elsewhere from what happens to sessions and accounts. The names of the rules are part of command ids."""

from collections.abc import Iterable

from contracts.envelope import Refusal, category_of, stream_id
from contracts.messages.account import CreditsReserved
from contracts.messages.job import ApproveJob, CancelJob, FailJob, PurgeJob, QueueJob
from contracts.messages.session import SessionDeleted, SessionDerived, SessionPurged, StagesRequested, StartSession
from contracts.plans import plan_of
from contracts.rendering import FREE_STAGES, STAGES
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
            priority=plan_of(body.plan).priority,
            plan=body.plan,
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
        failing = FailJob(code=refusal.code, message=refusal.detail, retryable=True, run=_run(refusal))
        yield Ask("cannot_pay", heard.origin, failing)


def stop(heard: Heard) -> Iterable[Ask]:
    """What still runs for a deleted session is stopped."""
    if isinstance(body := heard.body, SessionDeleted) and body.job_id is not None:
        job = stream_id("job", heard.tenant, str(body.job_id))
        yield Ask("stop", job, CancelJob(reason="the session was deleted"))


def not_again(heard: Heard) -> Iterable[Ask]:
    """A job that went on although its session has no use for it is stopped, in the run that the session refused."""
    refusal = heard.refusal
    if refusal is not None and heard.command_type == "RecordRetry" and category_of(heard.origin) == "job":
        yield Ask("not_again", heard.origin, CancelJob(reason=refusal.detail, run=_run(refusal)))


def derive(heard: Heard) -> Iterable[Ask]:
    """A session that is to be made of another's words begins with them."""
    if isinstance(body := heard.body, SessionDerived):
        begun = StartSession(
            session_id=body.new_session_id,
            account_id=body.account_id,
            job_id=body.job_id,
            kind=body.inputs.kind,
            aspect=body.inputs.aspect,
            prompt=body.inputs.prompt,
            script=body.inputs.script,
            title=body.inputs.title,
            language=body.inputs.language,
            voice=body.inputs.voice,
            stages=tuple(stage for stage in STAGES if not body.inputs.script or stage not in FREE_STAGES),
            derived_from=body.session_id,
            plan=body.plan,
        )
        yield Ask("derive", stream_id("session", heard.tenant, str(body.new_session_id)), begun)


def purge(heard: Heard) -> Iterable[Ask]:
    """The jobs of a session that is gone go with it."""
    if isinstance(body := heard.body, SessionPurged):
        for job_id in body.jobs:
            yield Ask("purge", stream_id("job", heard.tenant, str(job_id)), PurgeJob())


def _run(refusal: Refusal) -> int | None:
    """Which run of a job was refused; None where an older version of the rules did not say."""
    return int(refusal.about) if refusal.about.isdecimal() else None


POLICIES = (queue, approve, cannot_pay, stop, not_again, derive, purge)
