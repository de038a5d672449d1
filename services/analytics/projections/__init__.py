"""Facts about sessions and jobs, as rows. One fold a table, each of one category of streams."""

from eventlog.read.projection import Projection
from services.analytics.projections import api_usage, jobs, sessions, stage_attempts, wallet

OF_SESSIONS: tuple[Projection, ...] = (sessions.PROJECTION, wallet.ACCOUNTS)
OF_JOBS: tuple[Projection, ...] = (
    jobs.PROJECTION,
    stage_attempts.PROJECTION,
    api_usage.PROJECTION,
    wallet.JOBS,
    wallet.VIDEOS,
)
