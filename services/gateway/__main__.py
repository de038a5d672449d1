"""`python -m services.gateway`: serve until SIGTERM or SIGINT. An error that does not pass ends it."""

import sys

import structlog
import uvloop

from eventlog import collector, tracing
from eventlog.secrets import secrets_of
from eventlog.telemetry import configure_logs
from services.gateway.app import wired
from services.gateway.http.proxies import proxies_of
from services.gateway.server import Server
from services.gateway.settings import GatewaySettings


async def serve(settings: GatewaySettings) -> None:
    """Wire, serve, let go."""
    async with wired(settings) as app:
        server = Server(app, settings.host, settings.port, proxies_of(settings.trusted_proxies))
        server.stop_on_signals()
        collector.settle()
        await server.serve()


def main() -> None:
    """Read the environment and run."""
    settings = GatewaySettings.model_validate({})
    configure_logs("gateway", settings.log_level, secrets_of(settings))
    log = structlog.get_logger(__name__)
    end_traces = tracing.begin("gateway", settings.traces)
    try:
        uvloop.run(serve(settings))
    except Exception:
        log.critical("the process ends", exc_info=True)
        sys.exit(1)
    finally:
        end_traces()


if __name__ == "__main__":
    main()
