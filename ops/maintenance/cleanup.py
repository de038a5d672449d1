"""What the services' sweeps do by the clock, done now: the same questions, the same commands, the same ids.

So it does no harm beside a sweep: a command that both send is handled once.
"""

from datetime import timedelta
from functools import partial
from typing import NamedTuple

from blobs.opening import open_blobs
from contracts.topics import COMMANDS_OF
from eventlog.clock import now
from eventlog.kafka import KafkaSender
from eventlog.read.mongo import MongoDatabase
from eventlog.read.postgres import Pool
from ops.commands.reach import kafka
from ops.settings import OpsSettings
from services.render.naming import named
from services.render.retention import Retention
from services.render.settings import RenderSettings
from services.render.sweep import Sweep as JobSweep
from services.session.settings import SessionSettings
from services.session.sweep import MongoSessions
from services.session.sweep import Sweep as SessionSweep

MOST_ROUNDS = 1_000
"""Bytes are collected a hundred at a time."""


class Cleaned(NamedTuple):
    """How many of each. What was asked for by command happens as soon as the services handle it."""

    deleted_sessions: int
    """That nobody has touched for too long, or whose grace is over."""
    expired_jobs: int
    forgotten_jobs: int
    """With their files."""
    collected_blobs: int


async def clean(settings: OpsSettings, database: MongoDatabase, pool: Pool, *, dry_run: bool) -> Cleaned:
    """Ask for what is due, and delete bytes that nothing names any more; with `dry_run` only count.

    Each question answers some hundred at a time; a count that is a round number may not be the last. Raises
    `Unavailable`.
    """
    render, session = RenderSettings(), SessionSettings()
    sender = KafkaSender(kafka(settings), COMMANDS_OF)
    blobs = open_blobs(settings.blobs)
    deadline = timedelta(minutes=render.deadline_minutes)
    sessions = SessionSweep(MongoSessions(database), sender, now, session.retention, lambda: True)
    jobs = JobSweep(pool, sender, now, deadline, lambda: True)
    retention = Retention(pool, sender, now, blobs, render.keeping, partial(named, database))
    try:
        if dry_run:
            return Cleaned(
                len(await sessions.due()),
                len(await jobs.due()),
                len(await retention.due()),
                len(await retention.collectable()),
            )
        await retention.forget_parts()
        return Cleaned(await sessions.once(), await jobs.once(), await retention.forget(), await _collect(retention))
    finally:
        await blobs.close()
        await sender.close()


async def _collect(retention: Retention) -> int:
    """Until nothing is left to be collected."""
    gone = 0
    for _ in range(MOST_ROUNDS):
        more = await retention.collect()
        gone += more
        if not more:
            break
    return gone
