"""What `playhead verify` looks at."""

from eventlog.roles import Projector
from ops.commands.projectors import IN_MONGO, IN_POSTGRES
from services.analytics import handlers as analytics
from services.render import handlers as render
from services.session import handlers as session


def test_every_projector_of_every_service_is_verified() -> None:
    services = {"session": session, "render": render, "analytics": analytics}
    declared = {
        f"{service}.{value.name}"
        for service, module in services.items()
        for value in vars(module).values()
        if isinstance(value, Projector)
    }
    assert len(declared) >= 13
    assert {kept.name for kept in (*IN_MONGO, *IN_POSTGRES)} == declared
