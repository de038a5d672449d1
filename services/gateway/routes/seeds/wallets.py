"""Wallets as accounts: an address is known however it is written where writing it otherwise means the same."""

import re
from typing import Annotated, Final

from fastapi import Path

from contracts.messages.account import AccountKind
from services.gateway.auth.principal import Principal

ADDRESS: Final = r"^[\x21-\x7e]+$"
LONGEST_ADDRESS: Final = 200
_HEXADECIMAL: Final = re.compile(r"0[xX][0-9a-fA-F]+")

WalletAddress = Annotated[str, Path(min_length=1, max_length=LONGEST_ADDRESS, pattern=ADDRESS)]


def known_as(address: str) -> str:
    """The address by which a wallet is known: hexadecimal digits in small letters, any other address as it is."""
    return address.lower() if _HEXADECIMAL.fullmatch(address) else address


def wallet(tenant: str, address: str) -> Principal:
    """The wallet's owner, in that tenant."""
    return Principal(tenant, AccountKind.WALLET, known_as(address))
