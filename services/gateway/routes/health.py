"""How the service is: for orchestrators, for scrapers, and in the seeds' shapes."""

import asyncio
from typing import Final

from fastapi import APIRouter, Depends
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.gateway import metrics
from services.gateway.access.callers import PUBLIC
from services.gateway.health import part_metrics
from services.gateway.http.view import written_time
from services.gateway.ports.gateway import Gateway, PartState, gateway_of

router = APIRouter(tags=["health"], dependencies=[Depends(PUBLIC)])

LOOK_SECONDS: Final = 4.0
_VITAL: Final = ("kafka", "mongo")
_GONE: Final = PartState(connected=False)


@router.get("/livez", operation_id="livez", summary="Is the process alive?")
async def livez() -> Response:
    """200 while the process answers at all."""
    return JSONResponse({"status": "alive"})


@router.get("/readyz", operation_id="readyz", summary="Is it worth asking?", responses={503: {"description": "No"}})
async def readyz(request: Request) -> Response:
    """Each part by itself. With one part away the service is degraded, not dead: 503 only when it can do nothing."""
    gateway = gateway_of(request)
    states = await _look(gateway)
    status = _status(states)
    ready = status != "unhealthy" and not gateway.news.closing
    body = {
        "status": "ready" if status == "healthy" else status,
        "outcomesSeen": gateway.waiters.seeing,
        "kinds": sorted(gateway.kinds),
        "parts": {name: _shown(state) for name, state in states.items()},
    }
    return JSONResponse(body, 200 if ready else 503)


@router.get("/metrics", operation_id="metrics", summary="Prometheus metrics", include_in_schema=False)
async def scrape(request: Request) -> Response:
    """The process's metrics in Prometheus's text format, and those of the parts as they are now."""
    gateway = gateway_of(request)
    metrics.SEEING.set(int(gateway.waiters.seeing))
    part_metrics.note(await _look(gateway))
    return Response(generate_latest(metrics.REGISTRY), media_type=CONTENT_TYPE_PLAIN_0_0_4)


@router.get(
    "/api/db/health", operation_id="legacyDatabaseHealth", summary="Does the database answer?", tags=["one-shot"]
)
async def database_health(request: Request) -> Response:
    """`{ok: true}`, or 503 `{ok: false}`."""
    state = (await _look(gateway_of(request), "database")).get("database", _GONE)
    return JSONResponse({"ok": state.connected}, 200 if state.connected else 503)


@router.get("/api/health", operation_id="legacyHealth", summary="How is everything?", tags=["one-shot"])
async def health(request: Request) -> Response:
    """Status, latency and size of each part. 503 when the service can do nothing."""
    gateway = gateway_of(request)
    states = await _look(gateway)
    status = _status(states)
    now = gateway.now()
    database = states.get("database", _GONE)
    numbers = {"activeConnections": None, "poolSize": None, "statistics": {}}
    body = {
        "status": status,
        "timestamp": written_time(now),
        "uptimeSeconds": int((now - gateway.started_at).total_seconds()),
        "version": gateway.version,
        "database": {**numbers, **_shown(database)},
        "kafka": _shown(states.get("kafka", _GONE)),
        "mongo": _shown(states.get("mongo", _GONE)),
        "redis": _shown(states.get("redis", _GONE)),
        "projections": dict(states.get("projections", _GONE).about),
    }
    return JSONResponse(body, 503 if status == "unhealthy" else 200)


async def _look(gateway: Gateway, *names: str) -> dict[str, PartState]:
    wanted = {name: probe for name, probe in gateway.probes.items() if not names or name in names}

    async def one(name: str) -> PartState:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await wanted[name]()
        except TimeoutError:
            return _GONE

    states = await asyncio.gather(*(one(name) for name in wanted))
    return dict(zip(wanted, states, strict=True))


def _status(states: dict[str, PartState]) -> str:
    needed = {name: state.connected for name, state in states.items() if name not in {"redis", "projections"}}
    if all(needed.values()):
        return "healthy"
    return "degraded" if any(needed.get(name, False) for name in _VITAL) else "unhealthy"


def _shown(state: PartState) -> dict[str, object]:
    return {"connected": state.connected, "latencyMs": state.latency_ms, **state.about}
