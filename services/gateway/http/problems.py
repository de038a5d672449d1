"""Problems (RFC 9457): every error of every route becomes one here; the seeds' routes get their own, smaller shape."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from blobs.store import BlobMissing, BlobStoreUnavailable
from contracts.rendering import Stage
from eventlog.errors import Conflict, Refused, Unavailable
from services.gateway.http import codes
from services.gateway.http.storable import NotJson, NotStorable
from services.gateway.http.view import View

RETRY_AFTER_SECONDS = 2
SHOWN_ERRORS = 20
LEGACY = "/api/"


class FieldError(View):
    """One wrong value: where (`body.prompt`), and what to do about it."""

    field: str
    message: str


class ProblemDocument(View):
    """RFC 9457. `type` is a page of words, `code` is stable, `instance` is the path that was asked."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    retryable: bool | None = None
    stage: Stage | None = None
    errors: list[FieldError] | None = None
    command_id: str | None = Field(default=None, description="The command that may have been accepted nonetheless.")


class LegacyError(View):
    """What the seeds' routes answer."""

    error: str
    code: str


class Problem(Exception):
    """What a route raises to answer an error. `detail` is a sentence for people, `extra` goes into the document."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.status = status or codes.meaning(code).status
        self.detail = detail
        self.headers = dict(headers or {})
        self.extra = extra


def of_refusal(code: str, detail: str, *, stage: str | None = None, retryable: bool | None = None) -> Problem:
    """The problem for what a decider, or a job, gave as its reason."""
    known = codes.CODES.get(code)
    sentence = detail or (known.title if known else f"the request was refused: {code}")
    sentence = f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}."
    problem = Problem(code, sentence)
    problem.extra |= {name: value for name, value in (("stage", stage), ("retryable", retryable)) if value is not None}
    return problem


def of_failure(code: str, message: str, stage: str | None, *, retryable: bool) -> Problem:
    """The problem for a session or job that failed while its client waited."""
    status = codes.CODES[code].status if code in codes.CODES else (503 if retryable else 422)
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    known = {} if stage is None else {"stage": stage}
    sentence = message or "The video could not be made."
    return Problem(code, sentence, status=status, headers=headers, retryable=retryable, **known)


def away(error: Unavailable, **extra: Any) -> Problem:
    """The problem for a part that did not answer. Its own words stay in the log: they may name hosts."""
    code = f"{codes.PARTS.get(error.part.lower(), 'part')}.unavailable"
    sentence = {
        "kafka.unavailable": "The command log did not confirm the command in time; it may or may not have been "
        "accepted. Send the same call again: with an Idempotency-Key or your own sessionId it is handled once.",
        "mongodb.unavailable": "The read store did not answer. Commands are still accepted; read again in a moment.",
        "postgres.unavailable": "The database did not answer. Try again in a moment.",
        "blobs.unavailable": "The file store did not answer. Try again in a moment.",
    }.get(code, f"{error.part} did not answer. Try again in a moment.")
    return Problem(code, sentence, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}, retryable=True, **extra)


def of_validation(errors: Sequence[Any]) -> Problem:
    """The problem for values that do not fit, each named, in words."""
    fields = [
        FieldError(field=".".join(str(part) for part in one["loc"]) or "body", message=_sentence(one))
        for one in errors[:SHOWN_ERRORS]
    ]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    detail = f"{fields[0].field}: {fields[0].message}{more}"
    shown = [field.model_dump(by_alias=True) for field in fields]
    return Problem("value.invalid", detail, errors=shown)


def answer(request: Request, problem: Problem) -> Response:
    """The response: a problem document, or the seeds' shape under `/api/`."""
    request.state.code = problem.code
    if request.url.path.startswith(LEGACY):
        legacy = LegacyError(error=problem.detail, code=problem.code)
        return JSONResponse(legacy.model_dump(), _legacy_status(problem), problem.headers)
    meaning = codes.meaning(problem.code)
    extra = {"retryable": True} if meaning.retryable else {}
    document = {
        "type": f"/problems/{problem.code}",
        "title": meaning.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": request.url.path,
        "code": problem.code,
        "requestId": request.state.request_id,
        **extra,
        **problem.extra,
    }
    return JSONResponse(document, problem.status, problem.headers, media_type="application/problem+json")


def of_error(error: Exception) -> Problem | None:
    """The problem for an error that routes let pass, or None for one that nobody foresaw."""
    match error:
        case Problem():
            return error
        case Refused():
            return of_refusal(error.code, error.detail)
        case Conflict():
            return Problem("conflict", "Somebody else changed this at the same time. Read it again, then decide again.")
        case Unavailable():
            return away(error)
        case BlobStoreUnavailable():
            return away(Unavailable("blobs", str(error)))
        case BlobMissing():
            return Problem("asset.unknown", "The file is not kept any more.")
        case NotStorable():
            return Problem("value.not_storable", f"{str(error)[:1].upper()}{str(error)[1:]}.")
        case NotJson():
            return Problem("body.malformed", f"{str(error)[:1].upper()}{str(error)[1:]}.")
        case RequestValidationError():
            return of_validation(error.errors())
        case HTTPException():
            return _of_http(error)
        case _:
            return None


def install(app: FastAPI) -> None:
    """Answer every foreseen error as its problem. Others are answered, and logged, by the outermost layer."""

    async def handle(request: Request, error: Exception) -> Response:
        wrong_method = isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        problem = _wrong_method(request) if wrong_method else of_error(error)
        if problem is None:
            raise error
        return answer(request, problem)

    for kind in (
        Problem,
        Refused,
        Conflict,
        Unavailable,
        BlobMissing,
        BlobStoreUnavailable,
        NotStorable,
        NotJson,
        RequestValidationError,
        HTTPException,
    ):
        app.add_exception_handler(kind, handle)


def _of_http(error: HTTPException) -> Problem:
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return Problem("route.unknown", "There is nothing at this address. /docs lists what there is.")
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return too_large()
        case status:
            return Problem("http.error", str(error.detail), status=status, headers=error.headers)


def _wrong_method(request: Request) -> Problem:
    """With the methods of every route at this address: the framework names those of the first alone."""
    here: list[BaseRoute] = request.app.routes
    fits = [route for route in here if isinstance(route, APIRoute) and route.path_regex.match(request.url.path)]
    allowed = ", ".join(sorted({method for route in fits for method in route.methods or ()}))
    return Problem("route.method", f"This address takes {allowed} only.", headers={"Allow": allowed})


def too_large() -> Problem:
    """The problem for a body beyond the limit."""
    return Problem("body.too_large", "The body is larger than 1 MiB (1,048,576 bytes). Send a shorter one.")


def _legacy_status(problem: Problem) -> int:
    malformed = problem.status == HTTPStatus.UNPROCESSABLE_ENTITY and problem.code.partition(".")[0] in {
        "body",
        "value",
    }
    return HTTPStatus.BAD_REQUEST if malformed else problem.status


def _sentence(error: Mapping[str, Any]) -> str:
    kind, given = error["type"], error.get("ctx", {})
    match kind:
        case "missing":
            return "is needed and missing"
        case "extra_forbidden":
            return "is not a field of this call: check its spelling"
        case "enum" | "literal_error":
            return f"must be one of {given.get('expected')}"
        case "uuid_parsing" | "uuid_type" | "uuid_version":
            return "must be a UUID, such as 01970c5a-3f2e-7c44-9d1b-6a1f6f0f4c11"
        case "string_type":
            return "must be text"
        case "string_too_long":
            return f"is too long: at most {given.get('max_length'):,} characters"
        case "string_too_short":
            return "must not be empty"
        case "model_type" | "model_attributes_type" | "dict_type":
            return "must be a JSON object"
        case "value_error":
            return str(given.get("error", error["msg"]))
        case _:
            message = str(error["msg"])
            return f"{message[:1].lower()}{message[1:]}"
