"""Ids that the gateway makes.

A command's id tells its sender nothing but that a gateway made it for this tenant: its last 24 bits are a checksum
over the tenant and the rest. So any gateway knows a command that has no outcome yet from one that never was, and
nobody has to remember it. It is no secret: whoever makes one up learns `accepted` about nothing.
"""

from hashlib import blake2b
from uuid import UUID, uuid5

from contracts.messages.account import AccountKind

_COMMANDS = UUID("0b3c1d0e-58a7-5a0c-9f27-0d7a4be5b9a1")
_JOBS = UUID("8ef1c7ab-9d3e-5a53-8f0b-2a6de1c90b47")
_FILES = UUID("5f0d3c61-7a0e-5d1b-8a64-e2b9c7d41f08")
_SESSIONS = UUID("b44a3f52-6c1d-5e0f-a2f8-93c6d8b0e7d5")
_PRESETS = UUID("6a2f90d7-4be1-5c38-9d06-1f7c35ae82b4")
_PROJECTS = UUID("5d2f8a61-0c7b-5e94-a6d1-9b3e47f0c285")
_UPLOADS = UUID("c7e05b1a-92d4-5f38-b6a1-40d8e3f7259c")
_ENDPOINTS = UUID("2c7e51f4-90ab-5d3e-8b16-e04f7a92c5d8")
_ACCOUNTS = UUID("d1a7e9c4-3b58-5f6a-b0e2-7c4f91a6d83e")
_MARK = (1 << 24) - 1


def marked(tenant: str, chosen: UUID) -> UUID:
    """`chosen` with its last 24 bits made the checksum."""
    kept = chosen.int & ~_MARK
    return UUID(int=kept | _checksum(tenant, kept))


def is_marked(tenant: str, id_: UUID) -> bool:
    """Whether some gateway may have made this id for this tenant; wrong for one foreign id in 16 million."""
    return marked(tenant, id_) == id_


def repeatable_command(tenant: str, scope: str) -> UUID:
    """The command id of every call in this scope: sent twice, it is handled once."""
    return marked(tenant, uuid5(_COMMANDS, f"{tenant}\n{scope}"))


def own_command(tenant: str, account: UUID, *said: object) -> UUID:
    """The command id of a call that an account repeats: another account that says the same has another."""
    return repeatable_command(tenant, "\n".join(str(part) for part in (account, *said)))


def first_job(tenant: str, session: UUID) -> UUID:
    """The id of the job that a new session begins with."""
    return uuid5(_JOBS, f"{tenant}\n{session}")


def job_of(command: UUID) -> UUID:
    """The id of the job that a command asks for: sent twice, it asks for one."""
    return uuid5(_JOBS, str(command))


def file_of(command: UUID) -> UUID:
    """The id of the file that a command notes: sent twice, it notes one."""
    return uuid5(_FILES, str(command))


def session_of(command: UUID) -> UUID:
    """The id of the session that a repeatable command starts."""
    return uuid5(_SESSIONS, str(command))


def preset_of_command(command: UUID) -> UUID:
    """The id of the preset that a repeatable command saves."""
    return uuid5(_PRESETS, str(command))


def project_of(command: UUID) -> UUID:
    """The id of the project that a repeatable command creates."""
    return uuid5(_PROJECTS, str(command))


def upload_of(command: UUID) -> UUID:
    """The id of the file that a repeatable command announces."""
    return uuid5(_UPLOADS, str(command))


def endpoint_of(command: UUID) -> UUID:
    """The id of the webhook endpoint that a repeatable command adds."""
    return uuid5(_ENDPOINTS, str(command))


def account_id(tenant: str, kind: AccountKind, subject: str) -> UUID:
    """The account that is known by `subject` (a wallet's address in small letters, a name) in this tenant."""
    return uuid5(_ACCOUNTS, f"{tenant}\n{kind.value}\n{subject}")


def actor_of(account: UUID) -> str:
    """How the log names an account that asks for something."""
    return f"account:{account}"


def _checksum(tenant: str, kept: int) -> int:
    digest = blake2b(tenant.encode() + b"\x00" + kept.to_bytes(16, "big"), digest_size=3)
    return int.from_bytes(digest.digest(), "big")
