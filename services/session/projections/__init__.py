"""What the session service keeps in MongoDB: sessions, accounts, projects, outcomes of commands, history."""

from eventlog.read.journals import history, outcomes
from eventlog.read.projection import Journal, Projection
from services.session.projections import accounts, credentials, presets, projects, sessions, webhooks

PROJECTIONS: tuple[Projection, ...] = (
    sessions.PROJECTION,
    accounts.PROJECTION,
    credentials.PROJECTION,
    presets.PROJECTION,
    projects.PROJECTION,
    webhooks.PROJECTION,
)
JOURNALS: tuple[Journal, ...] = (
    Journal("session_commands", 1, outcomes),
    Journal("session_history", 1, history, of="stream"),
    projects.TIMELINES,
)
