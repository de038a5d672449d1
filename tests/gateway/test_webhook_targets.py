"""Where webhooks go: to public addresses over TLS, and whatever a URL or a name says, nowhere else."""

import ssl
from collections.abc import AsyncGenerator, Iterable, Sequence

import httpcore
import pytest

from services.gateway.webhooks.request import Posting
from services.gateway.webhooks.targets import NotATarget, Rules
from tests.gateway.receiver import Receiver, receiving

PUBLIC = "93.184.215.14"
TRUST = ssl.create_default_context()
"""Loading it takes longer than a test."""
NAMED = "https://hooks.example.org/in"

FORMS = (
    "http://hooks.example.org/in",
    "ftp://hooks.example.org/in",
    "gopher://hooks.example.org:443/_GET",
    "file:///etc/passwd",
    "https://localhost/",
    "https://intranet/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.1./",
    "https://0.0.0.0/",
    "https://10.0.0.8/",
    "https://172.16.3.4/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.100.100.200/latest/meta-data/",
    "https://168.63.129.16/machine",
    "https://192.0.0.192/opc/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:53aa:64c::1]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://[ff02::1]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://ada@hooks.example.org/",
    "https://hooks.example.org@127.0.0.1/",
    "https://hooks.example.org:secret@127.0.0.1/",
    "https://hooks.example.org\\@127.0.0.1/",
    "https://127.0.0.1#@hooks.example.org/",
    "https://hooks.example.org#fragment",
    "https://127。0。0。1/",
    "https://①②⑦.0.0.1/",
    "https://hooks.exämple.org/",
    "https://hooks.example.org:22/",
    "https://hooks.example.org:80/",
    "https://hooks.example.org:6379/",
    "https://hooks.example.org:99999/",
    "https://hooks.example.org/\r\nHost: 127.0.0.1",
    "https://hooks.example.org/in here",
    "https://hooks..example.org/",
    "https://%31%32%37.0.0.1/",
    "https:///127.0.0.1/",
    "https:hooks.example.org/",
)
"""URLs that are refused for what they say."""

ADDRESSES = (
    ("127.0.0.1",),
    ("127.8.9.10",),
    ("0.0.0.1",),
    ("10.1.2.3",),
    ("172.31.255.255",),
    ("192.168.0.1",),
    ("169.254.169.254",),
    ("100.64.0.1",),
    ("168.63.129.16",),
    ("192.0.2.1",),
    ("192.88.99.1",),
    ("239.255.255.250",),
    ("240.0.0.1",),
    ("::1",),
    ("::",),
    ("::ffff:10.0.0.1",),
    ("64:ff9b::a9fe:a9fe",),
    ("2002:a00:1::1",),
    ("2001:db8::1",),
    ("3fff::1",),
    ("fe80::1%eth0",),
    ("fd12:3456:789a::1",),
    ("ff0e::1",),
    (PUBLIC, "127.0.0.1"),
    ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", "10.0.0.1"),
    (),
    ("not an address",),
)
"""What a name may lead to and nothing is sent to."""


class Network(httpcore.AsyncNetworkBackend):
    """Counts what it is asked to connect to, and connects to nothing."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.asked.append((host, port))
        raise httpcore.ConnectError("nobody is there")


class Resolver:
    """Gives one answer after the other; the last again and again."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def posting(resolver: Resolver, network: Network) -> Posting:
    return Posting(Rules(), resolver, network, trust=TRUST)


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    async with receiving() as here:
        yield here


@pytest.mark.parametrize("url", FORMS)
async def test_nothing_is_resolved_and_nothing_connected_for_a_url_that_does_not_do(url: str) -> None:
    network, resolver = Network(), Resolver((PUBLIC,))
    answer = await posting(resolver, network).post(url, {}, b"{}")
    assert answer.status is None
    assert answer.error.startswith("not sent: ")
    assert (resolver.asked, network.asked) == ([], [])


@pytest.mark.parametrize("addresses", ADDRESSES, ids=str)
async def test_nothing_is_connected_where_a_name_leads_to_any_address_that_does_not_do(
    addresses: tuple[str, ...],
) -> None:
    network = Network()
    answer = await posting(Resolver(addresses), network).post(NAMED, {}, b"{}")
    assert answer.error.startswith("not sent: ")
    assert network.asked == []


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
async def test_the_checked_address_is_what_is_connected_to_and_a_name_is_resolved_once(address: str) -> None:
    network, resolver = Network(), Resolver((address,))
    answer = await posting(resolver, network).post(NAMED, {}, b"{}")
    assert answer.error.startswith("no connection")
    assert network.asked == [(address, 443)]
    assert resolver.asked == ["hooks.example.org"]


async def test_a_name_that_leads_elsewhere_the_next_time_is_checked_the_next_time() -> None:
    network, resolver = Network(), Resolver((PUBLIC,), ("127.0.0.1",))
    sender = posting(resolver, network)
    assert (await sender.post(NAMED, {}, b"{}")).error.startswith("no connection")
    assert (await sender.post(NAMED, {}, b"{}")).error.startswith("not sent: ")
    assert (network.asked, len(resolver.asked)) == ([(PUBLIC, 443)], 2)


async def test_a_name_that_leads_to_this_machine_reaches_nobody_who_listens_here(receiver: Receiver) -> None:
    url = f"http://hooks.example.org:{receiver.port}/"
    strict = Posting(Rules(), Resolver(("127.0.0.1",)))
    assert (await strict.post(url, {}, b"{}")).error.startswith("not sent: ")
    assert (await strict.post(f"http://127.0.0.1:{receiver.port}/", {}, b"{}")).error.startswith("not sent: ")
    assert receiver.connections == 0
    allowed = Posting(Rules(loopback=True))
    assert (await allowed.post(f"http://127.0.0.1:{receiver.port}/", {}, b"{}")).status == 200


async def test_a_redirect_is_a_failure_and_is_not_followed(receiver: Receiver) -> None:
    async with receiving() as elsewhere:
        receiver.answers.append((302, {"Location": elsewhere.url}, b""))
        answer = await Posting(Rules(loopback=True)).post(receiver.url, {}, b"{}")
        assert (answer.status, "not followed" in answer.error) == (302, True)
        assert elsewhere.connections == 0


async def test_no_proxy_of_the_environment_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert (await Posting(Rules(loopback=True)).post(receiver.url, {}, b"{}")).status == 200
        assert proxy.connections == 0


async def test_of_an_endless_answer_only_the_beginning_is_read(receiver: Receiver) -> None:
    receiver.answers.append((200, {}, b"x\x00" * 5_000_000))
    answer = await Posting(Rules(loopback=True)).post(receiver.url, {}, b"{}")
    assert answer.status == 200
    assert answer.excerpt == "x\N{REPLACEMENT CHARACTER}" * 512


async def test_whoever_does_not_answer_in_time_is_not_waited_for(receiver: Receiver) -> None:
    receiver.silent = True
    answer = await Posting(Rules(loopback=True), seconds=0.2).post(receiver.url, {}, b"{}")
    assert answer == (None, "no answer within 0.2 s", "")


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://hooks.example.org", "hooks.example.org", 443, "/"),
        ("https://Hooks.Example.org.:8443/a%20b?c=d&e", "hooks.example.org", 8443, "/a%20b?c=d&e"),
        ("https://93.184.215.14/x", PUBLIC, 443, "/x"),
        ("https://xn--hkxm-5qa.example/", "xn--hkxm-5qa.example", 443, "/"),
    ],
)
def test_a_public_url_is_read_as_it_is_meant(url: str, host: str, port: int, path: str) -> None:
    target = Rules().read(url)
    assert (target.host, target.port, target.path) == (host, port, path)


def test_this_machine_is_told_only_where_that_is_allowed_and_its_network_never() -> None:
    assert Rules(loopback=True).read("http://localhost:9000/x").port == 9000
    for url in ("http://10.0.0.1/", "https://192.168.1.1/", "http://hooks.example.org/"):
        with pytest.raises(NotATarget):
            Rules(loopback=True).read(url)


@pytest.mark.parametrize("port", [0, 65_536, 99_999])
async def test_a_port_that_is_none_ends_nothing_but_the_attempt(port: int) -> None:
    url = f"http://127.0.0.1:{port}/"
    with pytest.raises(NotATarget, match=f"port {port} is none"):
        Rules(loopback=True).read(url)
    answer = await Posting(Rules(loopback=True), trust=TRUST).post(url, {}, b"{}")
    assert answer.error.startswith("not sent: port")
