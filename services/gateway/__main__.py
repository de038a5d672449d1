"""`python -m services.gateway`: serve until SIGTERM or SIGINT, then end open streams and let go of everything."""

import uvicorn

from eventlog.telemetry import configure_logs
from services.gateway.app import wired
from services.gateway.settings import GatewaySettings

DRAIN_SECONDS = 10


def main() -> None:
    """Read the environment, wire, serve."""
    settings = GatewaySettings.model_validate({})
    configure_logs("gateway", settings.log_level)
    uvicorn.run(
        wired(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        ws="none",
    )


if __name__ == "__main__":
    main()
