"""Checks of addresses with secrets in them: what is wrong is said without repeating what stands there."""

from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

DEFAULT_ROOTS: Final = Path("~/.postgresql/root.crt").expanduser()
"""Where drivers look for the certificates to trust when the address names none."""


def checked(name: str, url: str, schemes: tuple[str, ...]) -> None:
    """ValueError, with what to do, for an address that no driver could read."""
    scheme, _, rest = url.partition("://")
    if scheme not in schemes:
        raise ValueError(f"{name} is to begin with {' or '.join(f'{one}://' for one in schemes)}")
    place = rest.partition("/")[0].partition("?")[0].partition("#")[0]
    if "@" in rest[len(place) :] or place.count("@") > 1:
        raise ValueError(
            f"{name} has a user or password with a character that an address gives a meaning to: write %2F for /, "
            "%3F for ?, %23 for #, %40 for @, %3A for :"
        )


def checked_postgres(name: str, url: str) -> None:
    """The same for PostgreSQL, with what it asks for of TLS."""
    checked(name, url, ("postgresql", "postgres"))
    asked = parse_qs(urlsplit(url).query)
    mode, file = asked.get("sslmode", ["prefer"])[-1], asked.get("sslrootcert", [""])[-1]
    if mode not in SSL_MODES:
        raise ValueError(f"{name} has an sslmode that there is not; there are {', '.join(SSL_MODES)}")
    if mode.startswith("verify") and not (file or DEFAULT_ROOTS.is_file()):
        raise ValueError(
            f"{name} asks for sslmode={mode} and has no sslrootcert: a PEM file of the certificates to trust"
        )
    if file and not Path(file).is_file():
        raise ValueError(f"{name} names a file in sslrootcert that is not there: the certificates to trust, as PEM")
