"""Type and version <-> class. A `Catalog` decodes what was written by any version that ever shipped."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from pydantic import ValidationError

from contracts.envelope import Command, Commit
from contracts.evolution import Upcaster
from contracts.model import CommandBody, EventBody
from contracts.sealing import Keys, NoKeys, opened, opened_command, sealed

Body = TypeVar("Body", CommandBody, EventBody)


class UnknownMessage(LookupError):
    """This version of the code has no class for that type and version. A newer version may have."""


class MalformedMessage(ValueError):
    """The bytes do not fit the class of their type and version."""


class Catalog:
    """The messages of one or more modules. `upcasters` are kept by (type, version that they read).

    `keys` open what is sealed in an envelope; without any it is read as empty.
    """

    def __init__(
        self,
        commands: Iterable[type[CommandBody]],
        events: Iterable[type[EventBody]],
        upcasters: Iterable[Upcaster[Any]] = (),
        keys: Keys | None = None,
    ) -> None:
        self.commands = {command.TYPE: command for command in commands}
        self.events = {event.TYPE: event for event in events}
        self.upcasters = {upcaster.reads: upcaster for upcaster in upcasters}
        self.keys = keys or NoKeys()
        self.erasing = frozenset(name for name, event in self.events.items() if event.ERASES)
        """Types of events that leave nothing of their stream."""

    def under(self, keys: Keys) -> "Catalog":
        """The same messages, read and written with these keys."""
        return Catalog(self.commands.values(), self.events.values(), self.upcasters.values(), keys)

    def opened(self, commit: Commit) -> Commit:
        """The commit in plain text, as far as there are keys. Raises `Unavailable` where they cannot be asked for."""
        return opened(commit, self._event, self.keys)

    def opened_command(self, command: Command) -> bytes:
        """What the command says, in plain text. Raises `KeyDestroyed`, and as `opened` does."""
        return opened_command(command, self._command, self.keys)

    def decode_command(self, type_: str, version: int, data: bytes) -> CommandBody:
        """Raises `UnknownMessage` or `MalformedMessage`."""
        body = self.commands.get(type_)
        if body is None or version != body.VERSION:
            raise UnknownMessage(f"no command {type_} v{version} in this version of the code")
        return _validate(body, data)

    def decode_event(self, type_: str, version: int, data: bytes) -> EventBody:
        """An event that is in its newest version. Raises `UnknownMessage` or `MalformedMessage`.

        For what comes out of a log, which holds older versions too, there is `read_event`.
        """
        body = self.events.get(type_)
        if body is None or version != body.VERSION:
            raise UnknownMessage(self._unknown(type_, version))
        return _validate(body, data)

    def read_event(self, type_: str, version: int, data: bytes) -> tuple[EventBody, ...]:
        """What a stored event says today, in its newest words. Raises `UnknownMessage` or `MalformedMessage`."""
        body = self.events.get(type_)
        if body is not None and version == body.VERSION:
            return (_validate(body, data),)
        upcaster = self.upcasters.get((type_, version))
        if upcaster is None:
            raise UnknownMessage(self._unknown(type_, version))
        old: type[EventBody] = upcaster.old
        return tuple(self._today(upcaster, _validate(old, data)))

    def gaps(self) -> Iterator[str]:
        """A sentence for each older version of an event that nothing here can read."""
        for type_, last in (self.newest() | self.retired()).items():
            for version in range(1, last):
                if (type_, version) not in self.upcasters:
                    yield (
                        f"{type_} has no upcaster from v{version}: what was written as v{version} stays in the log. "
                        "Add it in contracts/messages/evolutions and name it in UPCASTERS there; "
                        "or run the version of the code that has it."
                    )

    def newest(self) -> dict[str, int]:
        """The version that each event is written in."""
        return {type_: body.VERSION for type_, body in self.events.items()}

    def retired(self) -> dict[str, int]:
        """The last version of each event that nobody writes any more in any version."""
        retired: dict[str, int] = {}
        for type_, version in self.upcasters:
            if type_ not in self.events:
                retired[type_] = max(version, retired.get(type_, 0))
        return retired

    def reading(self) -> tuple[tuple[str, int], ...]:
        """Every (type, version) of an event that is understood, in order: who reads more folds anew."""
        return tuple(sorted({*self.upcasters, *((type_, body.VERSION) for type_, body in self.events.items())}))

    def _today(self, upcaster: Upcaster[Any], event: EventBody) -> Iterator[EventBody]:
        try:
            after = upcaster.into(event)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise MalformedMessage(
                f"the upcaster from {event.TYPE} v{event.VERSION} breaks with {type(error).__name__}: mend it"
            ) from error
        for one in after:
            if one.TYPE == event.TYPE and one.VERSION <= event.VERSION:
                raise MalformedMessage(f"the upcaster from {event.TYPE} v{event.VERSION} leads back to v{one.VERSION}")
            if following := self.upcasters.get((one.TYPE, one.VERSION)):
                yield from self._today(following, one)
            elif self.events.get(one.TYPE) is type(one):
                yield one
            else:
                raise UnknownMessage(
                    f"the upcaster from {event.TYPE} v{event.VERSION} leads to {one.TYPE} v{one.VERSION}, which is no "
                    "event of this version of the code: add its class, or the next upcaster"
                )

    def _command(self, type_: str, _version: int) -> type[CommandBody] | None:
        return self.commands.get(type_)

    def _event(self, type_: str, version: int) -> type[EventBody] | None:
        body = self.events.get(type_)
        if body is not None and version == body.VERSION:
            return body
        upcaster = self.upcasters.get((type_, version))
        return upcaster.old if upcaster else None

    def _unknown(self, type_: str, version: int) -> str:
        what = f"no event {type_} v{version} in this version of the code"
        if version > max((known for name, known in self.reading() if name == type_), default=0):
            return f"{what}: newer code wrote it"
        return f"{what}: its upcaster is missing"


def _validate(body: type[Body], data: bytes) -> Body:
    try:
        return body.__pydantic_validator__.validate_json(data)
    except ValidationError as error:
        raise MalformedMessage(f"{body.TYPE} v{body.VERSION}: {error.error_count()} wrong field(s)") from error


def as_command(
    body: CommandBody,
    *,
    id_: UUID,
    stream: str,
    at: datetime,
    tenant: str,
    actor: str,
    origin: str = "",
    expected_version: int | None = None,
    only_of: UUID | None = None,
    subject: str = "",
    trace: str = "",
    keys: Keys | None = None,
) -> Command:
    """The command that asks for `body`; its fields are those of `Command`.

    What is personal in it is sealed under the key of the `subject`, where there is one. Raises as `Keys.to_seal`.
    """
    return Command(
        id=id_,
        stream=stream,
        type=body.TYPE,
        type_version=body.VERSION,
        at=at,
        tenant=tenant,
        actor=actor,
        origin=origin,
        expected_version=expected_version,
        only_of=only_of,
        subject=subject,
        trace=trace,
        data=sealed(body, body.TYPE, stream, subject, keys or NoKeys()),
    )


def encode(body: CommandBody | EventBody) -> msgspec.Raw:
    """The JSON bytes of a message as they stand in an envelope's `data`."""
    return msgspec.Raw(body.__pydantic_serializer__.to_json(body, by_alias=True))
