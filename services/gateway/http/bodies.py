"""JSON bodies in: size, media type, form and sense, each refused with a sentence of its own."""

import asyncio
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from starlette.requests import ClientDisconnect, Request

from services.gateway.http import problems, storable

LARGEST_BYTES = 1_048_576
EMPTY = hashlib.sha256().hexdigest()
"""The digest of no body."""


class Body(BaseModel):
    """What a call takes. Unknown fields are refused, and only the names of the contract are known."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, extra="forbid")


Wanted = TypeVar("Wanted", bound=Body)


@dataclass(frozen=True)
class Given(Generic[Wanted]):
    """A body that fits, and the JSON value that it came as."""

    body: Wanted
    value: Any

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the JSON value: white space and the order of keys make no difference."""
        canonical = json.dumps(self.value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


class JsonBody(Generic[Wanted]):
    """A dependency that reads the request's body as `model`. Where none is `needed`, no body is an empty one."""

    def __init__(self, model: type[Wanted], *, needed: bool = True) -> None:
        self.model = model
        self.needed = needed

    async def __call__(self, request: Request) -> Given[Wanted]:
        content = await read(request)
        if not content and not self.needed:
            return Given(self.model(), {})
        if not content:
            raise problems.Problem("body.missing", "The call needs a JSON body, and none was sent.")
        _check_type(request)
        value = storable.parse(content)
        try:
            return Given(self.model.model_validate(value), value)
        except ValidationError as error:
            found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
            raise problems.of_validation(found) from error


async def read(request: Request) -> bytes:
    """The body's bytes. Raises the problem for one that is too large, without reading on, and for one that takes longer
    than `app.state.body_seconds` or never ends: then the connection ends with the answer."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > LARGEST_BYTES:
        raise problems.too_large()
    seconds: float = request.app.state.body_seconds
    content = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                content += chunk
                if len(content) > LARGEST_BYTES:
                    raise problems.too_large()
    except TimeoutError:
        raise problems.Problem(
            "body.too_slow",
            f"The body had not come whole after {seconds:g} s. Send it again in one piece.",
            headers={"Connection": "close"},
        ) from None
    except ClientDisconnect:
        raise problems.Problem("body.cut_off", "The connection ended before the body did. Send it again.") from None
    return bytes(content)


def _check_type(request: Request) -> None:
    given = request.headers.get("content-type", "")
    kind, _, parameters = given.partition(";")
    name = kind.strip().lower()
    charset = parameters.lower().replace(" ", "").replace('"', "").partition("charset=")[2]
    if (name == "application/json" or (name.startswith("application/") and name.endswith("+json"))) and charset in {
        "",
        "utf-8",
        "utf8",
    }:
        return
    shown = repr(given[:80]) if given else "no Content-Type at all"
    raise problems.Problem("body.wrong_type", f"This call takes application/json in UTF-8; {shown} was sent.")
