"""What can go wrong, named by what its reader should do next.

PlayheadError
├── Refused       the rules say no: tell the caller
├── Conflict      somebody else was first: read again, decide again
├── Unavailable   a part is away or did not answer in time: back off, retry
├── Poison        this message can never be applied: park it, go on
└── Diverged      the log is not the one that was read before: stop, call a person
    └── Corrupt   a record that would count does not have the id that it claims: stop, name it
"""

from typing import Any


class PlayheadError(Exception):
    """Every error that Playhead raises on purpose. It can be sent from one process to another."""

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is: to make it again from its words would take what it was made from."""
        return _as_it_was, (type(self), self.args), self.__dict__


def _as_it_was(of: type[PlayheadError], args: tuple[Any, ...]) -> PlayheadError:
    return of.__new__(of, *args)


class Refused(PlayheadError):
    """The rules say no. `code` is stable (`session.not_open`), `detail` a sentence for people.

    `about` is for the policy that hears of it: which of several things of one kind the command was about.
    """

    def __init__(self, code: str, detail: str = "", about: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.about = about


class Conflict(PlayheadError):
    """Somebody else wrote first; what was loaded is old. Read again, decide again."""


class Unavailable(PlayheadError):
    """A part did not answer. `part` names it; whether the request took effect is unknown."""

    def __init__(self, part: str, detail: str) -> None:
        super().__init__(f"{part} is not available: {detail}")
        self.part = part
        self.detail = detail


class Poison(PlayheadError):
    """A message that can never be applied as it is. Park it with its bytes, let others pass."""


class Diverged(PlayheadError):
    """The log does not hold what was read from it before: it lost its tail, or it is another log. Stop."""


class Corrupt(Diverged):
    """A record that would be accepted does not have the id that its bytes give. Stop, and name it."""
