"""Rules told as sentences: `given(decider, *events).when(command)`, and then `.then(*events)`, `.refused(code)` or
`.then_nothing()`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.model import CommandBody, EventBody
from eventlog.errors import Refused
from eventlog.write.decider import Decider

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def given(decider: Decider[Any], *events: EventBody) -> "Given":
    """A stream to which these things happened."""
    return Given(decider, events)


class Given:
    """What happened before."""

    def __init__(self, decider: Decider[Any], events: Sequence[EventBody]) -> None:
        self._decider = decider
        self.events = tuple(events)
        self.state = decider.initial
        for event in events:
            self.state = decider.evolve(self.state, event)

    def when(self, command: CommandBody, at: datetime = NOON) -> "When":
        """Somebody asks for something, which nobody has answered yet."""
        return When(self._decider, self, command, at)

    def after(self, *commands: CommandBody, at: datetime = NOON) -> "Given":
        """The stream after these commands too, all of which have to be granted."""
        events = list(self.events)
        state = self.state
        for command in commands:
            for event in self._decider.decide(state, command, at):
                events.append(event)
                state = self._decider.evolve(state, event)
        return Given(self._decider, events)


class When:
    """A command, and what is expected to become of it."""

    def __init__(self, decider: Decider[Any], before: Given, command: CommandBody, at: datetime) -> None:
        self._decider = decider
        self._before = before
        self._command = command
        self._at = at

    def decided(self) -> list[EventBody]:
        """What happens. Raises `Refused`."""
        return list(self._decider.decide(self._before.state, self._command, self._at))

    def then(self, *events: EventBody) -> Given:
        """Exactly these things happen; the stream afterwards."""
        assert self.decided() == list(events)
        return Given(self._decider, [*self._before.events, *events])

    def then_nothing(self) -> None:
        """It is so already."""
        assert self.decided() == []

    def refused(self, code: str) -> None:
        """The rules say no, and a person can read why."""
        with pytest.raises(Refused) as caught:
            self.decided()
        assert caught.value.code == code
        assert caught.value.detail
