"""What analytics listens to, and what it does with it."""

from collections.abc import Sequence

from contracts.messages import RENDER_CATALOG, SESSION_CATALOG
from contracts.topics import RENDER_EVENTS, SESSION_EVENTS
from eventlog.kafka import KafkaEventLog
from eventlog.kafka.group import Group
from eventlog.read.store import ProjectionStore
from eventlog.roles import Projector, Roles
from services.analytics.projections import OF_JOBS, OF_SESSIONS

SESSIONS = Projector(name="sessions-projector", topic=SESSION_EVENTS, catalog=SESSION_CATALOG, projections=OF_SESSIONS)
JOBS = Projector(name="jobs-projector", topic=RENDER_EVENTS, catalog=RENDER_CATALOG, projections=OF_JOBS)


def groups(
    roles: Roles,
    session_events: KafkaEventLog,
    render_events: KafkaEventLog,
    sessions: ProjectionStore,
    jobs: ProjectionStore,
) -> Sequence[Group]:
    """One projector a topic."""
    return (
        roles.projector(session_events, SESSIONS, sessions),
        roles.projector(render_events, JOBS, jobs),
    )
