"""`If-Match`: a change is made only to the version that its client has seen. The log decides, not the read store."""

import re
from typing import Final

from pydantic import BaseModel
from starlette.requests import Request

from services.gateway.http.problems import Problem

_TAG: Final = re.compile(r'(?:W/)?"v(\d{1,18})"')


def expected_version(request: Request) -> int | None:
    """The version in `If-Match`; None without one, and for `*`. Raises the problem for what is no tag of ours."""
    given = request.headers.get("if-match", "").strip()
    if given in {"", "*"}:
        return None
    found = _TAG.fullmatch(given)
    if found is None:
        raise Problem("header.invalid", 'If-Match must be one ETag as it was answered, such as "v17".')
    return int(found[1])


def stale(problem: Problem, version: int, current: BaseModel) -> Problem:
    """The problem with what the thing is now, so that its client can decide again."""
    state = current.model_dump(mode="json", by_alias=True)
    problem.extra |= {"currentVersion": version, "current": state}
    problem.headers["ETag"] = f'"v{version}"'
    return problem
