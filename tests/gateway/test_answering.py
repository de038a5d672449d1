"""What the application asks of every route, so that a request is answered with nothing more than it needs."""

from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, Header, Query
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.http import answering, problems
from services.gateway.http.edge import Edge

ORDER: list[str] = []


class Noted:
    """A dependency that notes its turn, and gives its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, request: Request) -> str:
        ORDER.append(f"{self.name} of {request.method}")
        return self.name


class Answer(BaseModel):
    """Not a response."""


def served(router: APIRouter) -> httpx.AsyncClient:
    app = answering.Application(openapi_url=None)
    app.router.routes.extend(router.routes)
    answering.serve(app.routes)
    problems.install(app)
    app.add_middleware(Edge)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_what_a_route_depends_on_is_asked_in_its_order_and_told_to_it_by_name() -> None:
    router = APIRouter(dependencies=[Depends(Noted("gate"))])

    @router.post("/things/{number}")
    async def act(
        second: Annotated[str, Depends(Noted("second"))], number: int, request: Request, size: int = 7
    ) -> Response:
        return Response(f"{second} {number} {size} {request.url.path}", 202)

    ORDER.clear()
    async with served(router) as client:
        answer = await client.post("/things/3")
    assert (answer.status_code, answer.text) == (202, "second 3 7 /things/3")
    assert ORDER == ["gate of POST", "second of POST"]


async def test_all_wrong_parameters_are_named_at_once_and_the_route_is_not_called() -> None:
    router = APIRouter()

    @router.get("/things/{number}")
    async def look(number: int, size: Annotated[int, Query(le=9)]) -> Response:
        raise AssertionError(number, size)

    async with served(router) as client:
        answer = await client.get("/things/some", params={"size": 10})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["path.number", "query.size"]


async def answers_a_model(request: Request) -> Answer:
    raise AssertionError(request)


def answers_in_a_thread(request: Request) -> Response:
    raise AssertionError(request)


async def takes_a_header(request: Request, agent: Annotated[str, Header()]) -> Response:
    raise AssertionError(request, agent)


async def asks_for_a_body(request: Request, answer: Answer) -> Response:
    raise AssertionError(request, answer)


async def depends_on_a_function(request: Request, given: Annotated[Response, Depends(answers_in_a_thread)]) -> Response:
    raise AssertionError(request, given)


@pytest.mark.parametrize(
    "endpoint", [answers_a_model, answers_in_a_thread, takes_a_header, asks_for_a_body, depends_on_a_function]
)
def test_a_route_of_another_shape_stops_the_start(endpoint: object) -> None:
    assert callable(endpoint)
    with pytest.raises(ValueError, match="/odd cannot be answered"):
        answering.serve([APIRoute("/odd", endpoint)])
