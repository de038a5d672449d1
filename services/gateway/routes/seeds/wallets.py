"""Wallets as accounts: an address is known however it is written where writing it otherwise means the same."""

import re
from typing import Annotated, Final

from fastapi import Path

from contracts.messages.account import AccountKind
from services.gateway.auth.principal import Principal
from services.gateway.http.problems import Problem

ADDRESS: Final = r"^[\x21-\x7e]+$"
LONGEST_ADDRESS: Final = 200
_HEXADECIMAL: Final = re.compile(r"0[xX][0-9a-fA-F]+")

WalletAddress = Annotated[str, Path(min_length=1, max_length=LONGEST_ADDRESS, pattern=ADDRESS)]


def known_as(address: str) -> str:
    """The address by which a wallet is known: hexadecimal digits in small letters, any other address as it is."""
    return address.lower() if _HEXADECIMAL.fullmatch(address) else address


def payer_of(caller: Principal, address: str) -> Principal:
    """The wallet's owner, for what is done in its name. Raises the problem for a key that speaks for somebody else."""
    owner = wallet(caller.tenant, address)
    if not caller.reach.covers(owner.tenant, str(owner.account)):
        raise Problem(
            "auth.forbidden",
            "This key acts for its own account, and not for that wallet: sign in with the wallet, or use the key of an "
            "administrator.",
        )
    return owner


def wallet(tenant: str, address: str) -> Principal:
    """The wallet's owner, in that tenant."""
    return Principal(tenant, AccountKind.WALLET, known_as(address))
