"""Whether stores would keep what projections made: documents by their classes and validators, rows by their tables."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from contracts.documents import COLLECTIONS, json_schema
from eventlog.read.projection import Row
from services.analytics.stores import AUDIT, METRICS, PLATFORM, WORKFLOW
from services.analytics.stores import MIGRATIONS as ANALYTICS
from services.render.sql import RETENTION_MIGRATIONS, UPLOADS_MIGRATIONS
from services.render.stores import MIGRATIONS as RENDER

_TABLE = re.compile(r"CREATE TABLE ([a-z_.]+) \((.*?)\n\);", re.DOTALL)
_COLUMN = re.compile(r"^    ([a-z_]\w*) ([a-z]+(?:\[\])?)( NOT NULL| PRIMARY KEY)?", re.MULTILINE)
_ADDED = re.compile(r"^ALTER TABLE ([a-z_.]+) ADD COLUMN ([a-z_]\w*) [a-z]+(?:\[\])?( NOT NULL)?", re.MULTILINE)
_BSON: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "int": int,
    "long": int,
    "double": float,
    "bool": bool,
    "null": type(None),
    "object": Mapping,
    "array": list,
    "date": datetime,
}


def check_document(collection: str, document: Row) -> None:
    """Its class takes it, field by field, and so does the collection's validator."""
    kind = COLLECTIONS[collection]
    kind.model_validate(document)
    assert set(document) == {field.alias for field in kind.model_fields.values()}
    _fits(document, _schema(collection), collection)


def check_row(table: str, row: Row) -> None:
    """It has the columns of its table and no other, and nothing is missing where something has to be."""
    columns = tables()[table]
    assert set(row) == set(columns), table
    assert not [name for name, needed in columns.items() if needed and row[name] is None], table


@cache
def tables() -> Mapping[str, Mapping[str, bool]]:
    """Table to column to whether it takes no NULL, as the migrations say."""
    sql = "\n".join(
        file.read_text("utf-8")
        for folder in (ANALYTICS, METRICS, WORKFLOW, PLATFORM, AUDIT, RENDER, RETENTION_MIGRATIONS, UPLOADS_MIGRATIONS)
        for file in sorted(Path(folder).iterdir())
    )
    found = {
        table: {name: bool(needed) for name, _, needed in _COLUMN.findall(body)} for table, body in _TABLE.findall(sql)
    }
    for table, name, needed in _ADDED.findall(sql):
        found[table][name] = bool(needed)
    return found


@cache
def _schema(collection: str) -> Mapping[str, Any]:
    return json_schema(COLLECTIONS[collection])


def _fits(value: Any, schema: Mapping[str, Any], path: str) -> None:
    """As MongoDB reads the schema: bsonType, enum, anyOf, properties, required, items."""
    if alternatives := schema.get("anyOf"):
        assert any(_is_of(value, one) for one in alternatives), f"{path}: {value!r}"
        schema = next(one for one in alternatives if _is_of(value, one))
    assert _is_of(value, schema), f"{path}: {value!r} is no {schema.get('bsonType', schema.get('enum'))}"
    if "properties" in schema:
        assert set(value) == set(schema["required"]), path
        for name, one in schema["properties"].items():
            _fits(value[name], one, f"{path}.{name}")
    for number, item in enumerate(value if "items" in schema else ()):
        _fits(item, schema["items"], f"{path}[{number}]")


def _is_of(value: Any, schema: Mapping[str, Any]) -> bool:
    if "enum" in schema and value not in schema["enum"]:
        return False
    kinds = schema.get("bsonType")
    if kinds is None:
        return True
    if isinstance(value, bool):
        return "bool" in kinds
    return any(isinstance(value, _BSON[kind]) for kind in kinds)
