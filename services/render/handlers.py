"""What the render service listens to, and what it does with it."""

from collections.abc import Sequence

from contracts.messages import RENDER_CATALOG
from contracts.topics import RENDER_EVENTS
from eventlog.kafka import KafkaEventLog
from eventlog.kafka.group import Group
from eventlog.read.store import ProjectionStore
from eventlog.roles import Projector, Roles
from eventlog.write.policy_runner import Sender
from services.render import projections
from services.render.deciders import DECIDERS
from services.render.policies import policies

DOCUMENTS = Projector(
    name="mongo-projector",
    topic=RENDER_EVENTS,
    catalog=RENDER_CATALOG,
    projections=projections.DOCUMENTS,
    journals=projections.JOURNALS,
)
QUEUE = Projector(
    name="queue-projector",
    topic=RENDER_EVENTS,
    catalog=RENDER_CATALOG,
    projections=projections.QUEUE,
)
RETENTION = Projector(
    name="retention-projector",
    topic=RENDER_EVENTS,
    catalog=RENDER_CATALOG,
    projections=projections.RETENTION,
)
UPLOADS = Projector(
    name="uploads-projector",
    topic=RENDER_EVENTS,
    catalog=RENDER_CATALOG,
    projections=projections.UPLOADS,
)
TABLES = (QUEUE, RETENTION, UPLOADS)
"""What is kept in PostgreSQL."""


def groups(
    roles: Roles,
    commands: KafkaEventLog,
    events: KafkaEventLog,
    sender: Sender,
    documents: ProjectionStore,
    queue: ProjectionStore,
    retention: ProjectionStore,
    uploads: ProjectionStore,
    *,
    enforce_credits: bool,
) -> Sequence[Group]:
    """The processor of commands, the policies on events, the projectors of documents, of the workers'
    queue and of what the clean-up looks at."""
    return (
        roles.processor(commands, events, DECIDERS, RENDER_CATALOG),
        roles.policies(events, policies(enforce_credits=enforce_credits), RENDER_CATALOG, sender),
        roles.projector(events, DOCUMENTS, documents),
        roles.projector(events, QUEUE, queue),
        roles.projector(events, RETENTION, retention),
        roles.projector(events, UPLOADS, uploads),
    )
