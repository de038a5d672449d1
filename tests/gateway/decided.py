"""The gateway of `tests.gateway.world` with the real rules behind it: what it sends is decided and folded at once."""

from collections.abc import Sequence

from contracts.envelope import Command, category_of
from contracts.messages import SESSION_CATALOG
from contracts.topics import SESSION_EVENTS
from eventlog.read.projection import Row
from services.gateway.ports.waiting import Outcome
from services.session import projections as session
from services.session.deciders import DECIDERS
from tests.flows.world import Reader, Service
from tests.gateway.memory import MemorySender
from tests.gateway.world import World


class DecidingSender(MemorySender):
    """A log with the session service behind it. Jobs are decided elsewhere: their commands are only kept."""

    def __init__(self, world: "DecidedWorld") -> None:
        super().__init__()
        self._world = world
        self.service = Service(SESSION_EVENTS.name, DECIDERS, SESSION_CATALOG, ())
        self._reader = Reader(self.service, session.PROJECTIONS, session.JOURNALS)

    async def send(self, topic: str, command: Command, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        await super().send(topic, command, headers)
        if category_of(command.stream) == "job":
            return
        self.service.handle(command)
        await self._reader.read()
        store = self._reader.store
        for name, views in store.views.items():
            for view in views.values():
                self._world.documents.put(name, view[0])
        for name, entries in store.entries.items():
            for row in entries.values():
                self._world.documents.put(name, row)
        self._world.waiters.beat()
        self._world.waiters.tell(command.id, Outcome.of(store.entries["session_commands"][(str(command.id),)]))

    async def read(self, reader: Reader) -> dict[str, list[Row]]:
        """What a reader of this service's log shows, by table."""
        await reader.read()
        return {name: [row for view in views.values() for row in view] for name, views in reader.store.views.items()}

    def log(self) -> str:
        """All that was written, as text."""
        return "\n".join(record.value.decode() for record in self.service.log)


class DecidedWorld(World):
    """A world whose commands have been decided as soon as they are sent."""

    def __init__(self) -> None:
        super().__init__()
        self.log = DecidingSender(self)
        self.sender = self.log
