"""Type and version <-> class. A `Catalog` decodes what was written by any version that ever shipped."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from pydantic import ValidationError

from contracts.model import CommandBody, EventBody

Body = TypeVar("Body", CommandBody, EventBody)

Upcaster = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Pure: the JSON object of version n to that of version n + 1."""


class UnknownMessage(LookupError):
    """This version of the code has no class for that type and version. A newer version may have."""


class MalformedMessage(ValueError):
    """The bytes do not fit the class of their type and version."""


class Catalog:
    """The messages of one or more modules. Upcasters are keyed by (type, version they read)."""

    def __init__(
        self,
        commands: Iterable[type[CommandBody]],
        events: Iterable[type[EventBody]],
        upcasters: Mapping[tuple[str, int], Upcaster] | None = None,
    ) -> None:
        self.commands = {command.TYPE: command for command in commands}
        self.events = {event.TYPE: event for event in events}
        self.upcasters = dict(upcasters or {})

    def decode_command(self, type_: str, version: int, data: bytes) -> CommandBody:
        """Raises `UnknownMessage` or `MalformedMessage`."""
        body = self.commands.get(type_)
        if body is None or version != body.VERSION:
            raise UnknownMessage(f"no command {type_} v{version} in this version of the code")
        return _validate(body, data)

    def decode_event(self, type_: str, version: int, data: bytes) -> EventBody:
        """The event in its newest version. Raises `UnknownMessage` or `MalformedMessage`."""
        body = self.events.get(type_)
        if body is None or version > body.VERSION:
            raise UnknownMessage(f"no event {type_} v{version} in this version of the code")
        if version == body.VERSION:
            return _validate(body, data)
        current: Mapping[str, Any] = msgspec.json.decode(data)
        for step in range(version, body.VERSION):
            upcast = self.upcasters.get((type_, step))
            if upcast is None:
                raise UnknownMessage(f"no upcaster for event {type_} from v{step} to v{step + 1}")
            current = upcast(current)
        return _validate(body, msgspec.json.encode(current))


def _validate(body: type[Body], data: bytes) -> Body:
    try:
        return body.__pydantic_validator__.validate_json(data)
    except ValidationError as error:
        raise MalformedMessage(f"{body.TYPE} v{body.VERSION}: {error.error_count()} wrong field(s)") from error


def encode(body: CommandBody | EventBody) -> msgspec.Raw:
    """The JSON bytes of a message as they stand in an envelope's `data`."""
    return msgspec.Raw(body.__pydantic_serializer__.to_json(body, by_alias=True))
