"""Whose word counts on where a call comes from: that of proxies which an operator names, and of nobody else.

Without any the client is whoever is at the other end of the connection. A process on the same machine is nothing
special: it is as easily somebody's tool as somebody's proxy. And a proxy that nobody named shows at once, for all its
clients share one address and soon hear 429; a proxy that should not be believed would never show.
"""

import ipaddress
from collections.abc import Sequence


def proxies_of(given: str) -> Sequence[str]:
    """Addresses and networks, apart by commas, as they are compared: of IPv4 also the forms that a socket for both
    kinds shows. Raises `ValueError` for anything else, `*` among it."""
    named = [one.strip() for one in given.split(",") if one.strip()]
    return [form for one in named for form in _forms(one)]


def _forms(one: str) -> Sequence[str]:
    try:
        network = ipaddress.ip_network(one)
    except ValueError:
        raise ValueError(
            f"{one!r} is no address or network of a proxy: write 10.0.0.7 or 10.0.0.0/8, several apart by commas. "
            "Everybody ('*') cannot be trusted: then anybody could say that he is somebody else"
        ) from None
    if network.prefixlen == 0:
        raise ValueError(f"{one} is everybody, and anybody could say that he is somebody else: name the proxies")
    if network.version == 6:
        return [str(network)]
    return [str(network), f"::ffff:{network.network_address}/{96 + network.prefixlen}"]
