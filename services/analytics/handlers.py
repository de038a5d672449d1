"""What analytics listens to, and what it does with it."""

from collections.abc import Callable, Sequence

from contracts.messages import RENDER_CATALOG, SESSION_CATALOG
from contracts.topics import RENDER_EVENTS, SESSION_EVENTS
from eventlog.kafka import KafkaEventLog
from eventlog.kafka.group import Group
from eventlog.read.store import ProjectionStore
from eventlog.roles import Projector, Roles
from services.analytics.projections import (
    ASSETS,
    CHANGES_OF_JOBS,
    CHANGES_OF_SESSIONS,
    OF_JOBS,
    OF_SESSIONS,
    WORKFLOW,
    audit,
    platform,
    platform_jobs,
)

SESSIONS = Projector(name="sessions-projector", topic=SESSION_EVENTS, catalog=SESSION_CATALOG, projections=OF_SESSIONS)
JOBS = Projector(name="jobs-projector", topic=RENDER_EVENTS, catalog=RENDER_CATALOG, projections=OF_JOBS)
WORKFLOWS = Projector(
    name="workflows-projector",
    topic=SESSION_EVENTS,
    catalog=SESSION_CATALOG,
    projections=WORKFLOW,
    journals=CHANGES_OF_SESSIONS,
)
METRICS = Projector(
    name="metrics-projector", topic=RENDER_EVENTS, catalog=RENDER_CATALOG, projections=ASSETS, journals=CHANGES_OF_JOBS
)
PLATFORM_SESSIONS = Projector(
    name="platform-sessions-projector",
    topic=SESSION_EVENTS,
    catalog=SESSION_CATALOG,
    projections=platform.OF_SESSIONS,
)
PLATFORM_JOBS = Projector(
    name="platform-jobs-projector", topic=RENDER_EVENTS, catalog=RENDER_CATALOG, projections=platform_jobs.OF_JOBS
)
AUDIT_SESSIONS = Projector(
    name="audit-sessions-projector",
    topic=SESSION_EVENTS,
    catalog=SESSION_CATALOG,
    projections=(),
    journals=(audit.OF_SESSIONS,),
)
AUDIT_JOBS = Projector(
    name="audit-jobs-projector",
    topic=RENDER_EVENTS,
    catalog=RENDER_CATALOG,
    projections=(),
    journals=(audit.OF_JOBS,),
)
PROJECTORS = (SESSIONS, JOBS, PLATFORM_SESSIONS, PLATFORM_JOBS, WORKFLOWS, METRICS, AUDIT_SESSIONS, AUDIT_JOBS)
"""A projector of its own for each schema: one that is added later begins at the log's beginning."""


def groups(
    roles: Roles,
    session_events: KafkaEventLog,
    render_events: KafkaEventLog,
    store: Callable[[Projector], ProjectionStore],
) -> Sequence[Group]:
    """One projector a topic and schema, each with the store that is made for it."""
    logs = {SESSION_EVENTS.name: session_events, RENDER_EVENTS.name: render_events}
    return tuple(roles.projector(logs[one.topic.name], one, store(one)) for one in PROJECTORS)
