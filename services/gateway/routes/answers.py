"""What routes have in common: how they answer, and what their documentation says of errors."""

from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.http.codes import meaning
from services.gateway.http.problems import Problem
from services.gateway.http.storable import check_text
from services.gateway.views.sessions import Accepted

Responses = dict[int | str, dict[str, Any]]
_DESCRIBED = {
    "ok": "As asked for",
    "created": "Made, and shown as it is now",
    "accepted": "The command is in the log; `Location` tells what becomes of it",
    "gone": "Done, and nothing is left to show",
}


def said(*codes: str, **shown: type[BaseModel] | None) -> Responses:
    """The documentation of a route's answers: `codes` of its problems, and what it answers otherwise."""
    names = {"ok": 200, "created": 201, "accepted": 202, "gone": 204}
    answers: Responses = {
        names[name]: {"description": _DESCRIBED[name]} | ({} if model is None else {"model": model})
        for name, model in shown.items()
    }
    for code in codes:
        problem = answers.setdefault(meaning(code).status, {"description": ""})
        problem["description"] += f"{' · ' if problem['description'] else ''}`{code}`: {meaning(code).title}"
    return answers


def command_answers(*codes: str, **shown: type[BaseModel] | None) -> Responses:
    """As `said`, for a route that sends a command."""
    every = ("header.invalid", "idempotency.in_flight", "idempotency.mismatch", "kafka.unavailable")
    return said(*every, *codes, accepted=Accepted, **shown)


def answered(view: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The view as JSON, written once."""
    content = view.__pydantic_serializer__.to_json(view, by_alias=True)
    return Response(content, status, headers, media_type="application/json")


def versioned(request: Request, view: BaseModel, version: int, status: int = 200) -> Response:
    """As `answered`, with an ETag; 304 for a client who has that version already."""
    tag = f'"v{version}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    asked = request.headers.get("if-none-match", "")
    if (
        request.method in {"GET", "HEAD"}
        and asked
        and tag in {one.strip().removeprefix("W/") for one in asked.split(",")}
    ):
        return Response(status_code=304, headers=headers)
    return answered(view, status, headers)


def words_of(q: str | None) -> tuple[str, ...]:
    """The words of a search, each to be found literally. Raises the problem for text that no store keeps."""
    if not q:
        return ()
    check_text(q)
    words = tuple(q.split())
    if len(words) > 16:
        raise Problem("value.invalid", "q: at most 16 words can be searched for at once.")
    return words
