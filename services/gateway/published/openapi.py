"""The OpenAPI document: made of the routes, with the bodies that `JsonBody` reads and the problems that they answer."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from services.gateway.access.callers import KEYED, LEGACY, MEDIA, policy_of
from services.gateway.access.limiting import UNCOUNTED
from services.gateway.http.bodies import Body, JsonBody
from services.gateway.http.problems import LEGACY as LEGACY_PATHS
from services.gateway.http.problems import LegacyError, ProblemDocument

_REFERENCE = "#/components/schemas/{model}"
_FIRST_ERROR = 400
_ALWAYS = {
    "400": "A header, a cursor or a position that cannot be read",
    "401": "`auth.missing`, `auth.invalid`: no key, or one that is not ours",
    "403": "`auth.forbidden`: the key, or its owner's role, does not allow this",
    "422": "`value.invalid`, `value.not_storable`: what was sent does not fit",
    "503": "A part is away: `Retry-After` says when to ask again",
}
_WITH_BODY = {
    "408": "`body.too_slow`: it did not come whole in time",
    "413": "`body.too_large`: more than 1 MiB",
    "415": "`body.wrong_type`: not JSON",
}

_LIMITED = (
    "`rate.exceeded`: more calls a minute than the plan allows; `Retry-After` says when to go on. Every answer tells "
    "in `RateLimit` and `RateLimit-Policy` what is left of which limit"
)
_SAFE = {"GET", "HEAD", "OPTIONS"}
_UNSAFE_HEADERS = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "The same key with the same body does the call once, for 24 hours.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
    {
        "name": "Prefer",
        "in": "header",
        "required": False,
        "description": "`wait=N`: answer with the outcome, or after N seconds (30 at the most) with 202.",
        "schema": {"type": "string"},
        "example": "wait=10",
    },
]


def install(app: FastAPI) -> None:
    """Let `app.openapi()` give the document."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            _complete(app, document)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # pyright: ignore[reportAttributeAccessIssue] - FastAPI documents this way of extending it


def _complete(app: FastAPI, document: dict[str, Any]) -> None:
    bodies = sorted({body for route in app.routes if (body := _body(route))}, key=lambda body: body.__name__)
    models = [(ProblemDocument, "serialization"), (LegacyError, "serialization")]
    models += [(body, "validation") for body in bodies]
    _, definitions = models_json_schema(models, ref_template=_REFERENCE)  # pyright: ignore[reportArgumentType] - invariant list
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {}) | definitions["$defs"]
    components["schemas"] = {
        name: schema
        for name, schema in sorted(schemas.items())
        if name not in {"HTTPValidationError", "ValidationError"}
    }
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key: `ph_` and 33 letters and digits."}
    }
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in sorted(route.methods or ()):
                _operation(route, document["paths"][route.path_format][method.lower()])


def _operation(route: APIRoute, operation: dict[str, Any]) -> None:
    body = _body(route)
    if body is not None:
        schema = {"$ref": _REFERENCE.format(model=body.__name__)}
        operation["requestBody"] = {"required": _needed(route), "content": {"application/json": {"schema": schema}}}
    policy = policy_of(route)
    if policy in KEYED | {LEGACY, MEDIA}:
        operation["security"] = [{"key": []}] if policy in KEYED else [{"key": []}, {}]
    if policy in KEYED | {LEGACY} and route.methods and not route.methods & _SAFE:
        taken = _UNSAFE_HEADERS if policy in KEYED else _UNSAFE_HEADERS[:1]
        operation.setdefault("parameters", []).extend(taken)
    responses = operation["responses"]
    if policy in KEYED | {LEGACY, MEDIA}:
        for status, text in (_ALWAYS | (_WITH_BODY if body else {})).items():
            responses.setdefault(status, {"description": text})
    if route.path not in UNCOUNTED:
        responses.setdefault("429", {"description": _LIMITED})
    legacy = route.path.startswith(LEGACY_PATHS)
    shape, kind = (LegacyError, "application/json") if legacy else (ProblemDocument, "application/problem+json")
    for status, response in responses.items():
        if int(status) >= _FIRST_ERROR:
            response["content"] = {kind: {"schema": {"$ref": _REFERENCE.format(model=shape.__name__)}}}


def _body(route: object) -> type[Body] | None:
    if not isinstance(route, APIRoute):
        return None
    readers = (one.call for one in route.dependant.dependencies)
    return next((reader.model for reader in readers if isinstance(reader, JsonBody)), None)


def _needed(route: APIRoute) -> bool:
    readers = (one.call for one in route.dependant.dependencies)
    return all(reader.needed for reader in readers if isinstance(reader, JsonBody))
