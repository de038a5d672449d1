"""MongoDB's `$jsonSchema`, made of the documents' classes, so that nothing else can be stored."""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel

_PLAIN = {
    "string": ["string"],
    "integer": ["int", "long"],
    "number": ["double", "int", "long"],
    "boolean": ["bool"],
    "null": ["null"],
    "object": ["object"],
    "array": ["array"],
}
_KEPT = ("enum", "minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems")


def json_schema(document: type[BaseModel]) -> dict[str, Any]:
    """The validator of the collection: every field is there, no other is, and each has its BSON type."""
    schema = document.model_json_schema(by_alias=True, mode="serialization")
    return _converted(schema, schema.get("$defs", {}))


def _converted(schema: Mapping[str, Any], definitions: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """One node. MongoDB speaks draft 4 without references, formats and constants, and has types of its own."""
    if reference := schema.get("$ref"):
        return _converted(definitions[str(reference).rpartition("/")[2]], definitions)
    if alternatives := schema.get("anyOf"):
        return {"anyOf": [_converted(one, definitions) for one in alternatives]}
    if "const" in schema:
        return {"enum": [schema["const"]]}
    made: dict[str, Any] = {key: schema[key] for key in _KEPT if key in schema}
    if schema.get("format") == "date-time":
        return made | {"bsonType": ["date"]}
    kind = schema.get("type")
    if kind is None:
        return made
    made["bsonType"] = _PLAIN[str(kind)]
    if kind == "array" and (items := _converted(schema.get("items", {}), definitions)):
        made["items"] = items
    if kind == "object" and "properties" in schema:
        properties = cast("Mapping[str, Mapping[str, Any]]", schema["properties"])
        made["properties"] = {name: _converted(one, definitions) for name, one in properties.items()}
        made["required"] = list(properties)
        made["additionalProperties"] = False
    return made
