"""What the session service listens to, and what it does with it."""

from collections.abc import Sequence

from contracts.messages import SESSION_CATALOG
from contracts.topics import SESSION_EVENTS
from eventlog.kafka import KafkaEventLog
from eventlog.kafka.group import Group
from eventlog.read.store import ProjectionStore
from eventlog.roles import Projector, Roles
from eventlog.write.policy_runner import Sender
from services.session.deciders import DECIDERS
from services.session.policies import POLICIES
from services.session.projections import JOURNALS, PROJECTIONS

DOCUMENTS = Projector(
    name="mongo-projector",
    topic=SESSION_EVENTS,
    catalog=SESSION_CATALOG,
    projections=PROJECTIONS,
    journals=JOURNALS,
)


def groups(
    roles: Roles,
    commands: KafkaEventLog,
    events: KafkaEventLog,
    sender: Sender,
    store: ProjectionStore,
) -> Sequence[Group]:
    """The processor of commands, the policies on events, the projector of documents."""
    return (
        roles.processor(commands, events, DECIDERS, SESSION_CATALOG),
        roles.policies(events, POLICIES, SESSION_CATALOG, sender),
        roles.projector(events, DOCUMENTS, store),
    )
