"""The application, made of its routes and of the ports that it is given."""

from fastapi import FastAPI

from services.gateway.access import callers, cors
from services.gateway.http import answering, problems
from services.gateway.http.edge import Edge
from services.gateway.ports.gateway import Gateway
from services.gateway.published import openapi
from services.gateway.routes import (
    account,
    analytics,
    files,
    health,
    identities,
    jobs,
    keys,
    media,
    pages,
    presets,
    projects,
    renders,
    session_changes,
    session_reading,
    sessions,
    signing_in,
    timelines,
    uploads,
    webhook_deliveries,
    webhooks,
)
from services.gateway.routes.admin import accounts as admin_accounts
from services.gateway.routes.admin import audit as admin_audit
from services.gateway.routes.admin import jobs as admin_jobs
from services.gateway.routes.seeds import (
    editor,
    manim_history,
    manim_maker,
    wallet,
    wallet_deleting,
    wallet_users,
    workflow_files,
    workflow_usage,
    workflows,
)

ROUTERS = (
    sessions,
    session_changes,
    session_reading,
    projects,
    timelines,
    renders,
    uploads,
    files,
    jobs,
    presets,
    account,
    analytics,
    keys,
    admin_accounts,
    admin_jobs,
    admin_audit,
    webhooks,
    webhook_deliveries,
    signing_in,
    identities,
    media,
    manim_maker,
    manim_history,
    wallet,
    wallet_users,
    wallet_deleting,
    workflows,
    workflow_files,
    workflow_usage,
    editor,
    health,
    pages,
)
_ABOUT = """From a prompt or a script to a narrated, captioned video.

Calls that change something answer 202 at once; `Prefer: wait=N` waits for what became of it. Every error is a problem
(RFC 9457) with a stable `code`."""


def make(gateway: Gateway) -> FastAPI:
    """The ASGI application. Raises `ValueError` for a route that nobody said who may call."""
    app = routed(gateway.version)
    app.add_middleware(Edge)
    cors.install(app, gateway.cors_origins)
    app.state.gateway = gateway
    app.state.body_seconds = gateway.body_seconds
    return app


def routed(version: str) -> FastAPI:
    """The routes alone: enough for the documents about them. Raises as `make` does."""
    app = answering.Application(
        title="Playhead",
        version=version,
        description=_ABOUT,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for module in ROUTERS:
        app.router.routes.extend(module.router.routes)
    callers.check(app.routes)
    answering.serve(app.routes)
    problems.install(app)
    openapi.install(app)
    return app
