"""Where a webhook may go: the form of its URL, and the address that is connected to.

A name is resolved once, each address that it has is checked, and one of those is what the socket connects to: there
is no second resolution that could answer otherwise. One parser reads the URL, and the request is made of what it read.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple, TypeAlias

import httpcore

Address: TypeAlias = IPv4Address | IPv6Address
Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to all of the host's addresses, as text. Raises `OSError`."""

PORTS: Final = frozenset({443, 8443})
MOST_PORT: Final = 65_535
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[A-Za-z0-9\-._~!$&'()*+,;=:@/%]*)?(?P<query>\?[A-Za-z0-9\-._~!$&'()*+,;=:@/?%]*)?"
)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_REFUSED = tuple(
    ip_network(text)
    for text in (
        "168.63.129.16/32",  # Azure's host agent, a public address in every virtual machine
        "192.0.0.0/24",  # protocol assignments: Oracle's metadata service, NAT64 discovery
        "192.88.99.0/24",  # relays of 6to4
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2002::/16",  # 6to4 carries any IPv4 address
        "3fff::/20",  # documentation
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""NAT64, IPv4-mapped and IPv4-compatible addresses, unique local ones and metadata services all lie outside."""


class NotATarget(ValueError):
    """Nothing may be sent there; the text says why, and what would do."""


class Target(NamedTuple):
    """A URL that was read: `host` is a name in small letters, or an address without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    def url(self) -> httpcore.URL:
        """As the client takes it: of the parts, so that nothing is read twice."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return httpcore.URL(scheme=self.scheme.encode(), host=host.encode(), port=self.port, target=self.path.encode())

    @property
    def authority(self) -> str:
        """What the `Host` header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _default(self.scheme) else f"{host}:{self.port}"


class Rules(NamedTuple):
    """`loopback`: this machine may be told too, without TLS and on every port. For one person on one machine."""

    loopback: bool = False

    def read(self, url: str) -> Target:
        """The target that `url` names. Raises `NotATarget`; whether a name's addresses will do is seen when sending."""
        found = _URL.fullmatch(url)
        if found is None:
            raise NotATarget(
                "the URL must be https://host/path: no user or password, no fragment, no spaces or backslashes, "
                "letters outside of ASCII as punycode and percent signs"
            )
        host = found["host"].strip("[]").lower().removesuffix(".")
        port = int(found["port"]) if found["port"] else _default(found["scheme"])
        target = Target(found["scheme"], host, port, (found["path"] or "/") + (found["query"] or ""))
        address = _literal(found["host"], host)
        self._check_host(target, address)
        here = self.loopback and (host == "localhost" or (address is not None and address.is_loopback))
        if not 0 < port <= MOST_PORT:
            raise NotATarget(f"port {port} is none: ports go from 1 to {MOST_PORT}")
        if not here and target.scheme != "https":
            raise NotATarget("the URL must begin with https://, so that nobody on the way can read or change it")
        if not here and port not in PORTS:
            raise NotATarget(f"port {port} is not one that webhooks are sent to: use 443 or 8443")
        return target

    def check(self, texts: Iterable[str]) -> list[Address]:
        """The addresses, each of which may be connected to. Raises `NotATarget` where one may not, or none is left."""
        found = [_address(text) for text in texts]
        if not found:
            raise NotATarget("the name has no address")
        if any(not self.allows(address) for address in found):
            raise NotATarget("the name leads to an address that is not a public one")
        return found

    def allows(self, address: Address) -> bool:
        """Whether it may be connected to: a public unicast address, or, where that is allowed, this machine."""
        if self.loopback and address.is_loopback:
            return True
        if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
            return False
        if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
            return False
        return not any(address in network for network in _REFUSED if network.version == address.version)

    def _check_host(self, target: Target, address: Address | None) -> None:
        if address is not None:
            if not self.allows(address):
                raise NotATarget("the address is not a public one")
            return
        if self.loopback and target.host == "localhost":
            return
        labels = target.host.split(".")
        if len(target.host) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
            raise NotATarget("the host must be a full name, such as hooks.example.org")


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to a host by resolving it, checking each address, and taking those in turn: no name goes further."""

    def __init__(self, rules: Rules, resolve: Resolve, inner: httpcore.AsyncNetworkBackend) -> None:
        self._rules = rules
        self._resolve = resolve
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises `NotATarget`, and `httpcore.ConnectError` where no address answers."""
        literal = _literal(host, host.strip("[]"))
        try:
            texts = [str(literal)] if literal is not None else await self._resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError("the name cannot be resolved") from error
        failed: httpcore.ConnectError | None = None
        for address in self._rules.check(texts)[:MOST_TRIED]:
            try:
                return await self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                failed = error
        raise failed or httpcore.ConnectError("no address answers")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


MOST_TRIED: Final = 3
"""Addresses of one name that are tried in one attempt."""


async def resolved(host: str, port: int) -> Sequence[str]:
    """What the machine's resolver says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def pool(network: httpcore.AsyncNetworkBackend, trust: ssl.SSLContext | None = None) -> httpcore.AsyncConnectionPool:
    """Connections through `network`: none is kept, no proxy is asked for, no redirect is followed."""
    return httpcore.AsyncConnectionPool(
        ssl_context=trust or httpcore.default_ssl_context(),
        max_keepalive_connections=0,
        http2=False,
        retries=0,
        network_backend=network,
    )


def _default(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _literal(given: str, host: str) -> Address | None:
    """The address that `host` is; None for a name. Raises `NotATarget` for an address in any but its usual form."""
    if given.startswith("[") or ":" in given:
        return _address(host)
    if not _NUMBER.fullmatch(host.rpartition(".")[2]):
        return None
    return _address(host)


def _address(text: str) -> Address:
    try:
        return ip_address(text)
    except ValueError as error:
        raise NotATarget("an address must be written in its usual form, such as 203.0.113.7") from error
