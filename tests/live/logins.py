"""The logins of PostgreSQL, with passwords that are the same in all tests: they share the server and its roles."""

from pydantic import SecretStr

from ops.logins import LOGINS, address, set_passwords

PASSWORD = SecretStr("only: for/these@tests?")


async def passwords(dsn: str) -> None:
    """Every login can log in."""
    await set_passwords(dsn, dict.fromkeys(LOGINS, PASSWORD))


def login_of(dsn: str, login: str) -> str:
    """The same database for one of them."""
    return address(dsn, login, PASSWORD)
