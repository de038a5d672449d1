"""The logins of PostgreSQL: who there is, their passwords, and where each service connects.

The owner of the tables migrates. Each service has a login of its own, which may do what that service does.
"""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
from pydantic import SecretStr

from eventlog.read.postgres.pool import Connection, our_errors
from ops.settings import OpsSettings
from ops.stack.part import StackError

OF_SERVICE: Final[Mapping[str, str]] = {
    "gateway": "playhead_app",
    "analytics": "playhead_projector",
    "render": "playhead_render",
    "worker": "playhead_worker",
}
"""The session service has no tables."""
OF_PEOPLE: Final = ("playhead_analyst", "playhead_wallet", "playhead_workflow", "playhead_platform")
KEYS: Final = "playhead_keys"
"""Whoever reads or writes what is personal has this one, for the store of keys alone."""
LOGINS: Final = (*OF_SERVICE.values(), "playhead_blobs", KEYS, *OF_PEOPLE)
SHORTEST: Final = 12
ITERATIONS: Final = 4096
"""What PostgreSQL itself uses."""
FOLDER: Final = "logins"
WRAPPING: Final = "subject-keys"
SECONDS: Final = 10.0
TRIES: Final = 20
_ALTER = "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)"


def passwords(data: Path) -> dict[str, SecretStr]:
    """Of every login, from files in `data` that only their owner reads; made where they are missing."""
    folder = data / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {login: SecretStr(_password(folder / login)) for login in LOGINS}


def key_store(settings: OpsSettings, postgres: str) -> tuple[SecretStr | None, Mapping[str, SecretStr]]:
    """Where the keys of subjects are, and what they are wrapped with: as it was given; in a PostgreSQL of our own, in
    it, under a login of their own and with a secret from a file. Beside a PostgreSQL that was given: nowhere."""
    if settings.subject_keys_url or settings.postgres or settings.direct:
        return settings.subject_keys_url, settings.subject_keys_secrets
    login = passwords(settings.data_dir)[KEYS]
    wrapping = SecretStr(_password(settings.data_dir / FOLDER / WRAPPING))
    return SecretStr(address(postgres, KEYS, login)), {"local": wrapping}


def checked(given: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
    """The passwords as they were given. `StackError` for a login that there is not, and for a password that is none."""
    strange = sorted(set(given) - set(LOGINS))
    if strange:
        raise StackError(f"PLAYHEAD_ROLE_PASSWORDS names {', '.join(strange)}; there are {', '.join(LOGINS)}.")
    for login, password in given.items():
        text = password.get_secret_value()
        if len(text) < SHORTEST or not (text.isascii() and text.isprintable()):
            raise StackError(
                f"The password of {login} in PLAYHEAD_ROLE_PASSWORDS is to be at least {SHORTEST} characters of ASCII: "
                "`openssl rand -base64 24` makes one."
            )
    return given


def address(url: str, login: str, password: SecretStr) -> str:
    """The same server and database for another login; what the URL asks for besides (`sslmode`, …) stays."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{login}:{quote(password.get_secret_value(), safe='')}@{place}"))


async def set_passwords(dsn: str, given: Mapping[str, SecretStr]) -> None:
    """Give the logins their passwords. The server is sent what it keeps, so no password stands in its log.

    Raises `StackError` for what is no password, and `Unavailable`.
    """
    checked(given)
    with our_errors():
        connection = await asyncpg.connect(dsn, timeout=SECONDS, command_timeout=SECONDS)
        try:
            for login, password in given.items():
                kept = verifier(password.get_secret_value(), secrets.token_bytes(16))
                await _patiently(connection, await connection.fetchval(_ALTER, login, kept))
        finally:
            await connection.close(timeout=SECONDS)


def verifier(password: str, salt: bytes) -> str:
    """What PostgreSQL keeps of a password (RFC 5803, SCRAM-SHA-256): it cannot be logged in with."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    client = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    shown = (base64.b64encode(one).decode() for one in (salt, client, server))
    return "SCRAM-SHA-256${}:{}${}:{}".format(ITERATIONS, *shown)


async def _patiently(connection: Connection, statement: str) -> None:
    """Roles belong to the cluster: who changes one at the same time in another database makes the server refuse."""
    for left in reversed(range(TRIES)):
        try:
            await connection.execute(statement)
        except asyncpg.InternalServerError:
            if not left:
                raise
        else:
            return


def _password(file: Path) -> str:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(secrets.token_urlsafe(24) + "\n")
    return file.read_text(encoding="ascii").strip()
