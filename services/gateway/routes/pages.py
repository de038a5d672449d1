"""The page at `/`, its files, the documentation, and a page of words for each problem."""

from html import escape
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from services.gateway.access import page
from services.gateway.access.callers import PUBLIC
from services.gateway.http import codes
from services.gateway.http.problems import Problem
from services.gateway.ports.gateway import gateway_of
from services.gateway.published import asyncapi

router = APIRouter(dependencies=[Depends(PUBLIC)], include_in_schema=False)

_FOLDER: Final = Path(__file__).parents[1] / "web"
_TYPES: Final = {
    "index.html": "text/html; charset=utf-8",
    "docs.html": "text/html; charset=utf-8",
    "playhead.css": "text/css; charset=utf-8",
    "playhead.js": "text/javascript; charset=utf-8",
    "docs.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "fonts/Inter-Medium.otf": "font/otf",
    "fonts/Inter-SemiBold.otf": "font/otf",
    "fonts/SourceSerif4Display-Semibold.ttf": "font/ttf",
}
_FILES: Final = {name: (_FOLDER / name).read_bytes() for name in _TYPES}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache", "X-Frame-Options": "DENY"}


@router.get("/")
async def index(request: Request) -> Response:
    """The page. In a local profile it comes with a cookie that speaks for the demo account."""
    gateway = gateway_of(request)
    response = _file("index.html")
    if gateway.demo is not None and page.named_here(request.headers.get("host", ""), gateway.public_url):
        value = page.cookie(gateway.signer, gateway.demo.tenant, gateway.seconds())
        response.set_cookie(page.COOKIE, value, max_age=page.SECONDS, httponly=True, samesite="strict")
    return response


@router.get("/web/{name:path}")
async def file(name: str) -> Response:
    """The page's style, script, icon and typefaces."""
    if name not in _FILES:
        raise Problem("route.unknown", "There is nothing at this address.")
    return _file(name)


@router.get("/docs")
async def docs() -> Response:
    """The calls, readable."""
    return _file("docs.html")


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The calls, as OpenAPI 3.1."""
    return JSONResponse(request.app.openapi())


@router.get("/asyncapi.json")
async def topics(request: Request) -> Response:
    """The topics behind the calls, as AsyncAPI 3."""
    return JSONResponse(asyncapi.document(gateway_of(request).version))


@router.get("/problems/{code}")
async def problem(code: str) -> Response:
    """What a problem's `type` points at."""
    meaning = codes.CODES.get(code)
    if meaning is None:
        raise Problem("route.unknown", f"{code[:80]!r} is no problem that we know.")
    again = "The same call may work later." if meaning.retryable else "The same call will give the same answer."
    body = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(code)}</title>'
        f'<link rel="stylesheet" href="/web/playhead.css"><body class="plain"><h1>{escape(meaning.title)}</h1>'
        f"<p><code>{escape(code)}</code>, sent with status {meaning.status}. {again}</p>"
        '<p><a href="/docs">All calls</a></p>'
    )
    return HTMLResponse(body, headers=_HEADERS)


def _file(name: str) -> Response:
    return Response(_FILES[name], headers=_HEADERS, media_type=_TYPES[name])
