"""Wallets that sign in: addresses of Ed25519 keys in Base58, as Solana writes them, and what their owners sign.

A ticket is what the gateway gives out for one sign-in. It is signed, so no gateway has to keep it; that it is used once
is decided by the log: the login's command has the ticket's id.
"""

import base64
import binascii
from datetime import UTC, datetime
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.gateway.http.signing import Signer
from services.gateway.identity import repeatable_command

TICKET_SECONDS: Final = 300
CHANCE_BYTES: Final = 16
SIGNATURE_BYTES: Final = 64
LONGEST_TICKET: Final = 300
ADDRESS: Final = r"^[1-9A-HJ-NP-Za-km-z]{32,44}$"
_KEY_BYTES: Final = 32
_PURPOSE: Final = "wallet-ticket"
_DIGITS: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_SIGN: Final = 1 << 255
_PRIME: Final = 2**255 - 19
_ORDER_8: Final = (
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
)
_NOBODYS: Final = frozenset({0, 1, _PRIME - 1, *(int.from_bytes(point, "little") for point in _ORDER_8)})
"""Points of small order: anybody can sign in their name, and no wallet makes one."""


class Ticket(NamedTuple):
    """One sign-in of one address, good for `TICKET_SECONDS` from `issued` (Unix seconds)."""

    tenant: str
    address: str
    issued: int
    chance: str

    @property
    def id(self) -> UUID:
        """The id of the login, and of its command."""
        return repeatable_command(self.tenant, f"sign in\n{self.address}\n{self.issued}\n{self.chance}")

    @property
    def ends(self) -> int:
        """When it can no longer be used, in Unix seconds."""
        return self.issued + TICKET_SECONDS

    def message(self, public_url: str) -> str:
        """What the wallet shows and signs. It names this service, so a signature for another one opens nothing here."""
        return (
            f"{urlsplit(public_url).netloc} wants you to sign in with your Solana account:\n{self.address}\n\n"
            "This proves that the wallet is yours. Nothing is paid.\n\n"
            f"URI: {public_url}\nVersion: 1\nNonce: {self.chance}\n"
            f"Issued At: {_written(self.issued)}\nExpiration Time: {_written(self.ends)}"
        )

    def text(self, signer: Signer) -> str:
        """The ticket as it is given out."""
        kid, signature = signer.sign(_PURPOSE, self.tenant, self.address, str(self.issued), self.chance)
        return f"{self.issued}.{self.chance}.{signature}.{kid}"


def ticket_of(signer: Signer, tenant: str, address: str, text: str, now: int) -> Ticket | None:
    """The ticket that was given out as `text` to this address; None for another one, or one that has run out."""
    parts = text.split(".", 3)
    if len(parts) != 4:
        return None
    issued, chance, signature, kid = parts
    if not signer.accepts(kid, signature, _PURPOSE, tenant, address, issued, chance):
        return None
    ticket = Ticket(tenant, address, int(issued), chance)
    return ticket if now < ticket.ends else None


def public_key(address: str) -> bytes | None:
    """The 32 bytes of the key that an address names; None where it names none that a wallet could have."""
    number = 0
    for digit in address:
        place = _DIGITS.find(digit)
        if place < 0:
            return None
        number = number * len(_DIGITS) + place
    zeros = len(address) - len(address.lstrip(_DIGITS[0]))
    content = number.to_bytes((number.bit_length() + 7) // 8, "big")
    key = bytes(zeros) + content
    if len(key) != _KEY_BYTES:
        return None
    point = int.from_bytes(key, "little") % _SIGN
    return None if point >= _PRIME or point in _NOBODYS else key


def signed(address: str, message: str, signature: str) -> bool:
    """Whether the owner of the address signed the message; the signature's 64 bytes come in Base64."""
    key = public_key(address)
    try:
        content = base64.b64decode(signature.encode(), validate=True)
        if key is None or len(content) != SIGNATURE_BYTES:
            return False
        Ed25519PublicKey.from_public_bytes(key).verify(content, message.encode())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def _written(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
