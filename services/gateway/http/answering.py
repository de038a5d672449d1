"""How a request is answered, with no more between server and route than is needed.

All routes have one shape, see `serve`. So nobody has to work out anew for each request what a route depends on, to keep
stacks of things to be closed after it, or to look after each of several layers whether an answer has begun.
"""

from collections.abc import Iterable
from inspect import iscoroutinefunction
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.utils import request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send


class Application(FastAPI):
    """Its layers are those that were added, around one that answers foreseen errors. The outermost of them answers all
    others; spans and metrics of requests are its own, too.
    """

    def __init__(self, **named: Any) -> None:
        super().__init__(telemetry={"tracing": False, "metrics": False, "logs": False}, **named)

    def build_middleware_stack(self) -> ASGIApp:
        """In place of the framework's, with its five layers more that have nothing to do here."""
        app: ASGIApp = ExceptionMiddleware(self.router, handlers=self.exception_handlers)
        for layer in reversed(self.user_middleware):
            app = layer.cls(app, *layer.args, **layer.kwargs)
        return app


def serve(routes: Iterable[BaseRoute]) -> None:
    """Let each route be answered by itself. Raises `ValueError` for one of another shape than all others.

    A route is a coroutine that takes the request, what its dependencies make of the request alone, in their order, and
    parameters of path and query; it returns the response.
    """
    for route in routes:
        if not isinstance(route, APIRoute) or not _fits(route):
            raise ValueError(
                f"{getattr(route, 'path', route)} cannot be answered: a route takes parameters of path and query, and "
                "what dependencies make of the request; it is a coroutine, and says that it returns a Response"
            )
        route.app = _Call(route)


def _fits(route: APIRoute) -> bool:
    takes = route.dependant
    return (
        iscoroutinefunction(takes.call)
        and route.response_field is None
        and not (takes.header_params or takes.cookie_params or takes.body_params)
        and not (takes.background_tasks_param_name or takes.response_param_name or takes.http_connection_param_name)
        and all(_asks_request_alone(one) for one in takes.dependencies)
    )


def _asks_request_alone(dependency: Any) -> bool:
    beside = (dependency.dependencies, dependency.path_params, dependency.query_params, dependency.header_params)
    return (
        (iscoroutinefunction(dependency.call) or iscoroutinefunction(type(dependency.call).__call__))
        and dependency.request_param_name == "request"
        and not any((*beside, dependency.cookie_params, dependency.body_params))
    )


class _Call:
    """One route, as the server calls it."""

    def __init__(self, route: APIRoute) -> None:
        takes = route.dependant
        self._answer: Any = takes.call
        self._dependencies: list[tuple[str | None, Any]] = [(one.name, one.call) for one in takes.dependencies]
        self._path = takes.path_params
        self._query = takes.query_params
        self._request = takes.request_param_name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        given: dict[str, Any] = {} if self._request is None else {self._request: request}
        for name, dependency in self._dependencies:
            found = await dependency(request)
            if name is not None:
                given[name] = found
        given |= self._parameters(request)
        response = await self._answer(**given)
        await response(scope, receive, send)

    def _parameters(self, request: Request) -> dict[str, Any]:
        """Those of path and query. Raises `RequestValidationError`, which names all that are wrong."""
        found: dict[str, Any] = {}
        wrong: list[Any] = []
        for one in self._path:
            found[one.name], errors = one.validate(request.path_params[one.alias], {}, loc=("path", one.alias))
            wrong += errors
        if self._query:
            queried, errors = request_params_to_args(self._query, request.query_params)
            found |= queried
            wrong += errors
        if wrong:
            raise RequestValidationError(wrong)
        return found
