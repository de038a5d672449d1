"""Personal text under its subject's key: what is written is unreadable without it, what is read is plain with it.

A *subject* is an account, named by its stream. What the contracts mark as personal is replaced in a message's JSON by
`enc:v1:<subject>:<base64>`: AES-SIV (RFC 5297) over the value's JSON, bound to the stream, the message and the place in
it, so that nothing can be moved elsewhere unnoticed. The same text at the same place gives the same bytes: a command
that is sent again is the same command, and two writers propose the same commit. Whoever has no key reads the empty
value of the field: no text, no fields, no items. What was written in plain text stays readable.
"""

import base64
import binascii
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Protocol, TypeAlias, cast
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from pydantic import BaseModel

from contracts.envelope import Command, Commit, Recorded
from contracts.model import PERSONAL

KEY_BYTES = 64
"""AES-SIV with AES-256 takes two keys of 32 bytes."""
PREFIX = "enc:v1:"
_MARK = b'"enc:v1:'
_EMPTY: Mapping[str, Any] = {"object": {}, "array": []}

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class KeyDestroyed(LookupError):
    """The subject was erased: nothing personal is written about it any more."""


class Keys(Protocol):
    """The keys of subjects, as a process knows them. Both may raise `Unavailable`."""

    seals: bool
    """Whether anything is sealed here. Where nothing is, envelopes name no subject: what somebody typed is his text,
    whatever it begins with."""

    def knows(self, subject: str) -> bool:
        """Whether its key is at hand: then nobody waits for it."""
        ...

    def meet(self, subjects: Collection[str]) -> None:
        """Have the keys of these at hand, as far as there are any: all at once, and it may block for seconds."""
        ...

    def to_seal(self, subject: str) -> AESSIV | None:
        """The subject's key, made where there is none; None where this installation writes plain text.

        Raises `KeyDestroyed` for a subject that was erased.
        """
        ...

    def to_open(self, subject: str) -> AESSIV | None:
        """The subject's key; None where there is none, or none any more."""
        ...

    def unreadable(self, subject: str) -> None:
        """A field does not open with the subject's key: it was altered or moved."""
        ...


class NoKeys:
    """Writes plain text, and reads what is sealed as empty."""

    seals = False

    def knows(self, subject: str) -> bool:  # noqa: ARG002 - of the protocol
        return True

    def meet(self, subjects: Collection[str]) -> None:
        """There is nobody to ask."""

    def to_seal(self, subject: str) -> AESSIV | None:  # noqa: ARG002 - of the protocol
        return None

    def to_open(self, subject: str) -> AESSIV | None:  # noqa: ARG002 - of the protocol
        return None

    def unreadable(self, subject: str) -> None:
        """There was no key to try."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A personal value; `empty` is what stands there for whoever cannot read it."""

    empty: Any


@dataclass(frozen=True, slots=True)
class Fields:
    """An object with personal values in some of its fields."""

    fields: Mapping[str, "Place"]


@dataclass(frozen=True, slots=True)
class Items:
    """A list with personal values in its items."""

    item: "Place"


Place: TypeAlias = Leaf | Fields | Items
_Change = Callable[[Any, str, Leaf], Any]


@cache
def places(message: type[BaseModel]) -> Place | None:
    """Where a message is personal; None: nowhere."""
    schema = message.model_json_schema(by_alias=True)
    return _place(schema, schema.get("$defs", {}))


def sealed(body: BaseModel, type_: str, stream: str, subject: str, keys: Keys) -> msgspec.Raw:
    """The JSON bytes of a message as they stand in an envelope's `data`. Raises as `Keys.to_seal`.

    Without a `subject` it is nobody's, and plain.
    """
    data = body.__pydantic_serializer__.to_json(body, by_alias=True)
    place = places(type(body)) if subject else None
    if place is None:
        return msgspec.Raw(data)
    key: AESSIV | None = None

    def seal(value: Any, path: str, _leaf: Leaf) -> Any:
        nonlocal key
        key = key or keys.to_seal(subject)
        if key is None:
            return value
        hidden = key.encrypt(_encode(value), [_bound(stream, type_, path)])
        return f"{PREFIX}{subject.partition('-')[2]}:{base64.b64encode(hidden).decode()}"

    value = _changed(_decode(data), place, "", seal)
    return msgspec.Raw(data if key is None else _encode(value))


def opened(commit: Commit, message: Callable[[str, int], type[BaseModel] | None], keys: Keys) -> Commit:
    """The commit in plain text. `message` finds the class of an event by type and version: None stays as it is."""
    if not commit.subject:
        return commit
    events = tuple(
        Recorded(
            type=one.type,
            type_version=one.type_version,
            data=_open(bytes(one.data), one.type, commit.stream, message(one.type, one.type_version), keys),
        )
        for one in commit.events
    )
    return msgspec.structs.replace(commit, events=events)


def opened_command(command: Command, message: Callable[[str, int], type[BaseModel] | None], keys: Keys) -> bytes:
    """What the command says, in plain text. Raises `KeyDestroyed` where its subject's key is gone."""
    data = bytes(command.data)
    if not command.subject or _MARK not in data:
        return data
    if keys.to_open(command.subject) is None:
        raise KeyDestroyed(command.subject)
    return bytes(_open(data, command.type, command.stream, message(command.type, command.type_version), keys))


def _open(data: bytes, type_: str, stream: str, body: type[BaseModel] | None, keys: Keys) -> msgspec.Raw:
    place = places(body) if body is not None else None
    if place is None or _MARK not in data:
        return msgspec.Raw(data)

    def open_(value: Any, path: str, leaf: Leaf) -> Any:
        if not isinstance(value, str) or not value.startswith(PREFIX):
            return value
        name, _, text = value.removeprefix(PREFIX).partition(":")
        subject = _subject(name)
        if not subject:
            return value  # somebody's own words, from before anything was sealed
        key = keys.to_open(subject)
        if key is None:
            return leaf.empty
        try:
            return _decode(key.decrypt(base64.b64decode(text, validate=True), [_bound(stream, type_, path)]))
        except (InvalidTag, binascii.Error, ValueError):
            keys.unreadable(subject)
            return leaf.empty

    return msgspec.Raw(_encode(_changed(_decode(data), place, "", open_)))


@lru_cache(10_000)
def _subject(name: str) -> str:
    """The account stream of this id; empty for what is none."""
    try:
        return f"account-{UUID(name)}"
    except ValueError:
        return ""


def _bound(stream: str, type_: str, path: str) -> bytes:
    return f"{stream}\n{type_}\n{path}".encode()


def _changed(value: Any, place: Place, path: str, change: _Change) -> Any:
    """The value, whose dicts and lists are ours to alter, with each leaf that is there changed."""
    match place:
        case Leaf():
            return change(value, path, place) if value else value
        case Fields(fields=fields) if isinstance(value, dict):
            known = cast("dict[str, Any]", value)
            for name, one in fields.items():
                if inner := known.get(name):  # what is empty says nothing
                    known[name] = _changed(inner, one, f"{path}.{name}", change)
            return known
        case Items(item=item) if isinstance(value, list):
            many = cast("list[Any]", value)
            return [_changed(one, item, f"{path}.{number}", change) for number, one in enumerate(many)]
        case _:
            return value


def _place(schema: Mapping[str, Any], definitions: Mapping[str, Any], marked: bool = False) -> Place | None:
    if reference := schema.get("$ref"):
        schema = {**definitions[str(reference).rpartition("/")[2]], **schema}
    marked = marked or bool(schema.get(PERSONAL))
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives:
        found = [one for each in alternatives if (one := _place(each, definitions, marked)) is not None]
        return _together(found)
    if marked:
        kind = str(schema.get("type", ""))
        return None if kind == "null" else Leaf(_EMPTY.get(kind, ""))
    if "items" in schema:
        item = _place(schema["items"], definitions)
        return None if item is None else Items(item)
    fields = {
        name: one
        for name, each in schema.get("properties", {}).items()
        if (one := _place(each, definitions)) is not None
    }
    return Fields(fields) if fields else None


def _together(found: list[Place]) -> Place | None:
    """The places of alternatives: an object may be any of them."""
    fields: dict[str, Place] = {}
    for one in found:
        if not isinstance(one, Fields):
            return one
        fields |= one.fields
    return Fields(fields) if fields else None
