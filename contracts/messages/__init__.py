"""Every message there is, by the service that owns its stream."""

from typing import get_args

from contracts.catalog import Catalog
from contracts.messages.account import AccountCommand, AccountEvent
from contracts.messages.evolutions import OF_RENDER_EVENTS, OF_SESSION_EVENTS, UPCASTERS
from contracts.messages.job import JobCommand, JobEvent
from contracts.messages.operation import OperationCommand, OperationEvent
from contracts.messages.preset import PresetCommand, PresetEvent
from contracts.messages.project import ProjectCommand, ProjectEvent
from contracts.messages.session import SessionCommand, SessionEvent
from contracts.messages.upload import UploadCommand, UploadEvent

SESSION_CATALOG = Catalog(
    commands=(
        *get_args(SessionCommand),
        *get_args(AccountCommand),
        *get_args(PresetCommand),
        *get_args(ProjectCommand),
        *get_args(OperationCommand),
    ),
    events=(
        *get_args(SessionEvent),
        *get_args(AccountEvent),
        *get_args(PresetEvent),
        *get_args(ProjectEvent),
        *get_args(OperationEvent),
    ),
    upcasters=OF_SESSION_EVENTS,
)
"""What `playhead.session.commands` and `playhead.session.events` carry: sessions, accounts, presets, projects, and what
operators did."""

RENDER_CATALOG = Catalog(
    commands=(*get_args(JobCommand), *get_args(UploadCommand)),
    events=(*get_args(JobEvent), *get_args(UploadEvent)),
    upcasters=OF_RENDER_EVENTS,
)
"""What `playhead.render.commands` and `playhead.render.events` carry: jobs and uploads."""

CATALOG = Catalog(
    commands=(*SESSION_CATALOG.commands.values(), *RENDER_CATALOG.commands.values()),
    events=(*SESSION_CATALOG.events.values(), *RENDER_CATALOG.events.values()),
    upcasters=UPCASTERS,
)
"""All of them, for whoever reads both topics."""
