"""Facts about sessions and jobs, as rows. One fold a table, each of one category of streams."""

from eventlog.read.projection import Journal, Projection
from services.analytics.projections import (
    api_usage,
    assets,
    changes,
    jobs,
    sessions,
    stage_attempts,
    wallet,
    workflow,
    workflow_files,
)

OF_SESSIONS: tuple[Projection, ...] = (sessions.PROJECTION, wallet.ACCOUNTS)
OF_JOBS: tuple[Projection, ...] = (
    jobs.PROJECTION,
    stage_attempts.PROJECTION,
    api_usage.PROJECTION,
    wallet.JOBS,
    wallet.VIDEOS,
)

WORKFLOW: tuple[Projection, ...] = (
    workflow.WORKFLOWS,
    workflow.USERS,
    workflow_files.FILES,
    workflow_files.SCENES,
)
CHANGES_OF_SESSIONS: tuple[Journal, ...] = (changes.SESSIONS, changes.CREDITS, changes.PLANS)
ASSETS: tuple[Projection, ...] = (assets.PROJECTION,)
CHANGES_OF_JOBS: tuple[Journal, ...] = (changes.JOBS,)
