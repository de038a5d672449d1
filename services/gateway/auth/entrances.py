"""The ways in beside keys: which are open, for which tenant, and for how long a login lasts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.gateway.auth.outside import Trusted


@dataclass(frozen=True)
class Entrances:
    """An empty tenant closes its way; `trusted` are issuers of tokens by name."""

    wallet_tenant: str = ""
    anonymous_tenant: str = ""
    login_seconds: int = 24 * 60 * 60
    device_seconds: int = 30 * 24 * 60 * 60
    trusted: Mapping[str, Trusted] = field(default_factory=dict[str, Trusted])
