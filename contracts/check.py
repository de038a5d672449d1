"""Guards what was published: the JSON Schema of every message version, and a golden sample of every event version.

    schemas/<type>.v<n>.json    the newest version's may be rewritten as long as it stays compatible
    golden/<type>.v<n>.json     written once; `golden/SHA256SUMS` says when one was changed

Older versions have their class, which still reads what was written, and an upcaster (`contracts.messages.evolutions`).

`check` tells by name what is wrong. `write` brings the files up to date where that breaks nobody; it never touches a
golden sample, nor the schema of an older version.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from contracts.catalog import Catalog, MalformedMessage, UnknownMessage, encode
from contracts.compatible import narrowed
from contracts.messages import CATALOG
from contracts.model import CommandBody, EventBody
from contracts.samples import sample

FOLDER = Path(__file__).parent
SUMS = "SHA256SUMS"

_WRITE = "run `playhead contracts write`"
_RESTORE = "restore it from version control: what was published is never rewritten"


class Incompatible(ValueError):
    """Writing would break whoever speaks or reads the published version. `findings` says where and what to do."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("; ".join(findings))
        self.findings = findings


def check(catalog: Catalog = CATALOG, folder: Path = FOLDER) -> list[str]:
    """What is wrong, a sentence each; empty when nothing is."""
    return [
        *_breaks(catalog, folder),
        *_stale_schemas(catalog, folder),
        *_history(catalog, folder),
        *_strangers(catalog, folder),
        *_golden(catalog, folder),
    ]


def write(catalog: Catalog = CATALOG, folder: Path = FOLDER) -> list[Path]:
    """Write the newest schemas, and missing samples; what was written. Raises `Incompatible` before it writes."""
    if findings := list(_breaks(catalog, folder)):
        raise Incompatible(findings)
    wanted = {_schema_file(folder, body): _schema_text(body) for body in _bodies(catalog)}
    for event in catalog.events.values():
        file = _golden_file(folder, event.TYPE, event.VERSION)
        if not file.exists():
            wanted[file] = _pretty(msgspec.json.decode(encode(sample(event))))
    sums = _sums(folder)
    made = {file.name: _digest(text.encode()) for file, text in wanted.items() if file.parent.name == "golden"}
    lines = sorted({**made, **sums}.items())
    wanted[folder / "golden" / SUMS] = "".join(f"{digest}  {name}\n" for name, digest in lines)
    written = [file for file, text in wanted.items() if not file.exists() or file.read_text("utf-8") != text]
    for file in written:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(wanted[file], encoding="utf-8")
    return written


def _breaks(catalog: Catalog, folder: Path) -> Iterator[str]:
    for body in _bodies(catalog):
        file = _schema_file(folder, body)
        if not file.exists():
            continue
        what = f"raise VERSION of {body.__name__} to {body.VERSION + 1}"
        if issubclass(body, EventBody):
            what += f", add an upcaster for ({body.TYPE!r}, {body.VERSION})"
        for problem in narrowed(json.loads(file.read_text("utf-8")), _schema(body)):
            yield f"{body.TYPE} v{body.VERSION} changed incompatibly: {problem}. Undo it, or {what}, then {_WRITE}."


def _stale_schemas(catalog: Catalog, folder: Path) -> Iterator[str]:
    for body in _bodies(catalog):
        file = _schema_file(folder, body)
        if not file.exists():
            yield f"schemas/{file.name} is missing: {_WRITE}."
        elif file.read_text("utf-8") != _schema_text(body):
            published = json.loads(file.read_text("utf-8"))
            if not narrowed(published, _schema(body)):
                yield f"schemas/{file.name} is not what the class says, but the change is compatible: {_WRITE}."


def _history(catalog: Catalog, folder: Path) -> Iterator[str]:
    """Older versions: each has its schema; of an event, its sample and the step to what it says today."""
    newest = {body.TYPE: body.VERSION - 1 for body in _bodies(catalog)}
    for type_, last in (newest | catalog.retired()).items():
        for version in range(1, last + 1):
            if not (folder / "schemas" / f"{type_}.v{version}.json").exists():
                yield f"version gap: schemas/{type_}.v{version}.json is missing, newer ones are there: {_RESTORE}."
    yield from catalog.gaps()
    for (type_, version), upcaster in catalog.upcasters.items():
        if version >= catalog.newest().get(type_, version + 1):
            yield f"the upcaster of ({type_!r}, {version}) leads nowhere: raise VERSION of the event, or remove it."
        file = folder / "schemas" / f"{type_}.v{version}.json"
        if file.exists():
            for problem in narrowed(json.loads(file.read_text("utf-8")), _schema(upcaster.old)):
                yield (
                    f"{upcaster.old.__name__} does not read what was written as {type_} v{version}: {problem}. "
                    "Undo it: neither the class nor the schema of an older version changes."
                )


def _strangers(catalog: Catalog, folder: Path) -> Iterator[str]:
    """Files of what the code does not know (any more)."""
    known = {command.TYPE: command.VERSION for command in catalog.commands.values()}
    known |= catalog.newest() | catalog.retired()
    for file in sorted((folder / "schemas").glob("*.json")) + sorted((folder / "golden").glob("*.json")):
        type_, _, version = file.stem.rpartition(".v")
        where = f"{file.parent.name}/{file.name}"
        if not type_ or not version.isdecimal():
            yield f"{where} is named for no message: names are <type>.v<n>.json."
        elif type_ not in known:
            yield f"{where} belongs to no message: what was published stays in the catalog; put {type_} back."
        elif int(version) > known[type_]:
            yield f"{where} is newer than the code, which has {type_} at v{known[type_]}: VERSION never goes back."


def _golden(catalog: Catalog, folder: Path) -> Iterator[str]:
    sums = _sums(folder)
    for type_, newest in (catalog.newest() | catalog.retired()).items():
        for version in range(1, newest + 1):
            file = _golden_file(folder, type_, version)
            written = version == catalog.newest().get(type_) and file.name not in sums
            what = _WRITE if written else _RESTORE
            if not file.exists():
                yield f"golden/{file.name} is missing: {what}."
            elif file.name not in sums:
                yield f"golden/{file.name} is not named in golden/{SUMS}: {_RESTORE}."
            elif _digest(file.read_bytes()) != sums[file.name]:
                yield f"golden/{file.name} was changed: {_RESTORE}."
            else:
                yield from _unreadable(catalog, type_, version, file)


def _unreadable(catalog: Catalog, type_: str, version: int, file: Path) -> Iterator[str]:
    try:
        catalog.read_event(type_, version, file.read_bytes())
    except (UnknownMessage, MalformedMessage) as error:
        yield f"golden/{file.name} is not understood any more ({error}): mend the class or its upcaster."


def _bodies(catalog: Catalog) -> Iterator[type[CommandBody] | type[EventBody]]:
    yield from catalog.commands.values()
    yield from catalog.events.values()


def _schema(body: type[CommandBody] | type[EventBody]) -> Mapping[str, Any]:
    return {**body.model_json_schema(by_alias=True), "x-type": body.TYPE, "x-version": body.VERSION}


def _schema_text(body: type[CommandBody] | type[EventBody]) -> str:
    return _pretty(_schema(body))


def _schema_file(folder: Path, body: type[CommandBody] | type[EventBody]) -> Path:
    return folder / "schemas" / f"{body.TYPE}.v{body.VERSION}.json"


def _golden_file(folder: Path, type_: str, version: int) -> Path:
    return folder / "golden" / f"{type_}.v{version}.json"


def _sums(folder: Path) -> dict[str, str]:
    file = folder / "golden" / SUMS
    if not file.exists():
        return {}
    return {name: digest for digest, name in (line.split() for line in file.read_text("utf-8").splitlines())}


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _pretty(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
