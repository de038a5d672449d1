"""The pool of a service: like any other, but it says when the login may do more than the service has to."""

import structlog

from eventlog.read.postgres.pool import Pool, open_pool, our_errors, statement

_log = structlog.get_logger(__name__)
_LOGIN = statement("login")


async def open_service_pool(dsn: str, *, application: str, size: int = 10, seconds: float = 10) -> Pool:
    """As `open_pool`. Whoever owns the tables, or is not bound by row-level security, is logged as a warning."""
    pool = await open_pool(dsn, application=application, size=size, seconds=seconds)
    with our_errors():
        login = await pool.fetchrow(_LOGIN, timeout=seconds)
    if login is not None and (login["unbound"] or login["owner"]):
        _log.warning(
            "the login of PostgreSQL may do more than this service has to, which is less safe: nothing but the service "
            "keeps tenants apart. `playhead migrate` makes logins for the services: put this one's into DATABASE_URL",
            login=login["name"],
        )
    return pool
