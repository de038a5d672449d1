"""What is sent: stories of accounts and sessions, told side by side, so that a stream has one command on its way."""

from collections import Counter
from collections.abc import Iterator
from itertools import count
from uuid import UUID, uuid5

import msgspec

from contracts.catalog import encode
from contracts.envelope import Command
from contracts.messages.session_life import EditSession
from eventlog import clock
from ops.bench.commands import commands
from ops.bench.rivals.counting import Wish
from tests.chaos.seeds.site import IDS

ACTS = 4
"""Commands of a story in `ops.bench.commands`, of two streams: an account's and a session's."""
OPENS = 1
"""The place of the one that opens its session."""


def rounds(stories: int, seed: int) -> Iterator[Command]:
    """The first command of each story, then the second of each, and so on; then each session gets title after title.

    Without an end. Two commands of one stream are never fewer than `stories` commands apart.
    """
    told = commands(stories * ACTS, seed, rendered=False)
    for act in range(ACTS):
        yield from told[act::ACTS]
    opened = told[OPENS::ACTS]
    for number in count(1):
        for one in opened:
            yield _edit(one, seed, number)


def _edit(opened: Command, seed: int, number: int) -> Command:
    body = EditSession(title=f"Title {number}")
    return msgspec.structs.replace(
        opened,
        id=uuid5(IDS, f"{seed} {opened.stream} title {number}"),
        type=body.TYPE,
        type_version=body.VERSION,
        at=clock.now(),
        data=encode(body),
    )


class Numbered:
    """Gives each command its place among those of its stream, from 1 on, in the order in which they are shown."""

    def __init__(self) -> None:
        self._sent: Counter[str] = Counter()

    def wish(self, command: Command) -> Wish:
        """As whoever counts takes it."""
        self._sent[command.stream] += 1
        return Wish(command.id, stream_of(command), self._sent[command.stream])


def stream_of(command: Command) -> UUID:
    """The stream without its category: it is hashed, so no two categories share one."""
    return UUID(command.stream.partition("-")[2])
