"""Signing in by a wallet and as an unknown device; what it gives, and how it ends."""

import base64
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.messages.account import AccountKind
from services.analytics.projections import platform_accounts
from services.gateway.auth import wallets
from services.gateway.auth.entrances import Entrances
from services.gateway.http.signing import Signer
from services.gateway.identity import account_id
from tests.flows.world import Reader
from tests.gateway.decided import DecidedWorld
from tests.gateway.issuing import MemoryIssuer, token
from tests.gateway.test_bad_input import GOOD, assert_problem
from tests.gateway.world import KEY, OURS, THEIRS
from tests.waiting import eventually

WAIT = {"Prefer": "wait=5"}
DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class Wallet:
    """A wallet, as a person has it."""

    def __init__(self, seed: bytes = b"w" * 32) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.address = base58(self._key.public_key().public_bytes_raw())

    def sign(self, message: str) -> str:
        return base64.b64encode(self._key.sign(message.encode())).decode()


def base58(content: bytes) -> str:
    number, digits = int.from_bytes(content, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = DIGITS[digit] + digits
    return "1" * (len(content) - len(content.lstrip(b"\0"))) + digits


NOBODYS = [
    *(base58(bytes.fromhex(point)) for point in ("01" + "00" * 31, "ec" + "ff" * 30 + "7f", "ed" + "ff" * 30 + "7f")),
    base58(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")),
    "1" * 32,
    "0x" + "ab" * 20,
    "z" * 44,
]
"""Points that anybody can sign for, one in another spelling, another chain's address, and too large a number."""


@pytest.fixture
def world() -> DecidedWorld:
    return DecidedWorld()


@pytest.fixture
def entrances() -> Entrances:
    return Entrances(OURS, OURS, trusted=MemoryIssuer().trusted(OURS))


@pytest.fixture
async def nobody(world: DecidedWorld, entrances: Entrances) -> AsyncGenerator[httpx.AsyncClient]:
    async with world.client(None, entrances=entrances) as client:
        yield client


async def proof(client: httpx.AsyncClient, wallet: Wallet) -> dict[str, str]:
    asked = (await client.post("/v1/auth/nonce", json={"walletAddress": wallet.address})).json()
    return {
        "walletAddress": wallet.address,
        "nonce": asked["nonce"],
        "signature": wallet.sign(asked["message"]),
    }


async def signed_in(client: httpx.AsyncClient, wallet: Wallet | None = None) -> dict[str, Any]:
    answer = await client.post("/v1/auth/wallet", json=await proof(client, wallet or Wallet()))
    assert answer.status_code == 201, answer.text
    return answer.json()


def bearer(made: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {made['token']}"}


@pytest.mark.req(12, 42)
async def test_a_wallet_that_signs_in_is_the_account_that_its_sessions_belong_to(
    world: DecidedWorld, nobody: httpx.AsyncClient
) -> None:
    made = await signed_in(nobody)
    me = (await nobody.get("/v1/me", headers=bearer(made))).json()
    begun = await nobody.post("/v1/sessions", json=GOOD, headers=bearer(made) | WAIT)
    document = next(iter(world.documents.collections["sessions"].values()))
    assert me["accountId"] == made["accountId"] == str(account_id(OURS, AccountKind.WALLET, Wallet().address))
    assert (begun.status_code, document["accountId"], me["balance"]) == (201, made["accountId"], 100)


async def test_the_token_is_told_once_and_only_its_hash_is_written(
    world: DecidedWorld, nobody: httpx.AsyncClient
) -> None:
    made = await signed_in(nobody)
    listed = await nobody.get("/v1/me/logins", headers=bearer(made))
    assert [one["loginId"] for one in listed.json()["items"]] == [made["loginId"]]
    everything = (world.log.log(), listed.text, str(world.documents.collections))
    assert not [place for place in everything if made["token"] in place]


async def test_a_login_that_was_ended_opens_nothing(nobody: httpx.AsyncClient) -> None:
    made, other = await signed_in(nobody), await signed_in(nobody)
    ended = await nobody.delete(f"/v1/me/logins/{made['loginId']}", headers=bearer(made) | WAIT)
    assert ended.status_code == 204
    assert_problem(await nobody.get("/v1/me", headers=bearer(made)), 401, "auth.invalid", "revoked")
    assert (await nobody.get("/v1/me", headers=bearer(other))).status_code == 200


async def test_a_login_runs_out(world: DecidedWorld, nobody: httpx.AsyncClient) -> None:
    made = await signed_in(nobody)
    world.moment += timedelta(days=1)
    assert (await nobody.get("/v1/me", headers=bearer(made))).status_code == 401


async def test_a_nonce_serves_once_at_whichever_gateway(
    world: DecidedWorld, nobody: httpx.AsyncClient, entrances: Entrances
) -> None:
    given = await proof(nobody, Wallet())
    first = (await nobody.post("/v1/auth/wallet", json=given)).json()
    async with world.client(None, entrances=entrances) as other:
        assert_problem(await other.post("/v1/auth/wallet", json=given), 401, "auth.unproven", "used before")
        await other.delete(f"/v1/me/logins/{first['loginId']}", headers=bearer(first) | WAIT)
        assert_problem(await other.post("/v1/auth/wallet", json=given), 401, "auth.unproven", "used before")
        assert (await other.get("/v1/me", headers=bearer(first))).status_code == 401


async def test_a_nonce_runs_out(world: DecidedWorld, nobody: httpx.AsyncClient) -> None:
    given = await proof(nobody, Wallet())
    world.moment += timedelta(seconds=wallets.TICKET_SECONDS)
    assert_problem(await nobody.post("/v1/auth/wallet", json=given), 401, "auth.unproven", "run out")


@pytest.mark.parametrize("changed", ["another wallet", "another signature", "another nonce", "no ticket", "not Base64"])
async def test_a_proof_that_does_not_fit_begins_nothing(
    world: DecidedWorld, nobody: httpx.AsyncClient, changed: str
) -> None:
    given, stranger = await proof(nobody, Wallet()), Wallet(b"s" * 32)
    theirs = await proof(nobody, stranger)
    wrong = {
        "another wallet": {"walletAddress": stranger.address},
        "another signature": {"signature": theirs["signature"]},
        "another nonce": {"nonce": (await proof(nobody, Wallet()))["nonce"]},
        "no ticket": {"nonce": "1.2.3.new"},
        "not Base64": {"signature": "!" * 88},
    }[changed]
    answer = await nobody.post("/v1/auth/wallet", json=given | wrong)
    assert_problem(answer, 401, "auth.unproven", "this wallet")
    assert not world.sender.sent


@pytest.mark.parametrize("address", NOBODYS)
async def test_an_address_that_no_wallet_has_is_refused(nobody: httpx.AsyncClient, address: str) -> None:
    answer = await nobody.post("/v1/auth/nonce", json={"walletAddress": address})
    assert_problem(answer, 422, "value.invalid", "walletAddress")


def test_a_ticket_of_another_service_or_tenant_is_none() -> None:
    mine, theirs = Signer({"a": b"a" * 32}), Signer({"a": b"b" * 32})
    ticket = wallets.Ticket(OURS, Wallet().address, 1_000, "ab" * 16)
    text = ticket.text(mine)
    assert wallets.ticket_of(mine, OURS, ticket.address, text, 1_001) == ticket
    assert wallets.ticket_of(theirs, OURS, ticket.address, text, 1_001) is None
    assert wallets.ticket_of(mine, THEIRS, ticket.address, text, 1_001) is None


async def test_a_way_that_nobody_opened_is_closed(world: DecidedWorld) -> None:
    async with world.client(None) as client:
        wallet = await client.post("/v1/auth/nonce", json={"walletAddress": Wallet().address})
        device = await client.post("/v1/auth/anonymous")
    assert_problem(wallet, 403, "auth.off", "PLAYHEAD_WALLET_TENANT")
    assert_problem(device, 403, "auth.off", "PLAYHEAD_ANONYMOUS_TENANT")
    assert not world.sender.sent


async def test_a_device_gets_an_account_of_its_own_without_points(nobody: httpx.AsyncClient) -> None:
    made = [(await nobody.post("/v1/auth/anonymous")).json() for _ in range(2)]
    first, second = [(await nobody.get("/v1/me", headers=bearer(one))).json() for one in made]
    assert (first["role"], first["balance"], first["accountId"] != second["accountId"]) == ("user", 0, True)


async def test_with_the_read_store_away_a_login_is_begun_and_its_token_works_later(
    world: DecidedWorld, nobody: httpx.AsyncClient
) -> None:
    given = await proof(nobody, Wallet())
    world.documents.away = True
    answer = await nobody.post("/v1/auth/wallet", json=given)
    world.documents.away = False
    assert (answer.status_code, answer.headers["playhead-degraded"]) == (202, "mongodb")

    async def works() -> bool:
        return (await nobody.get("/v1/me", headers=bearer(answer.json()))).status_code == 200

    await eventually(works)


async def linked(client: httpx.AsyncClient, made: dict[str, Any], at: Any, **said: Any) -> httpx.Response:
    return await client.post("/v1/me/identities", json={"idToken": token(at, **said)}, headers=bearer(made) | WAIT)


async def test_a_linked_identity_acts_for_the_account_until_it_is_unlinked(
    world: DecidedWorld, nobody: httpx.AsyncClient
) -> None:
    made = await signed_in(nobody)
    as_ada = {"Authorization": f"Bearer {token(world.moment)}"}
    before = (await nobody.get("/v1/me", headers=as_ada)).json()
    answer = await linked(nobody, made, world.moment)
    assert (await nobody.get("/v1/me", headers=as_ada)).json()["accountId"] == made["accountId"] != before["accountId"]
    assert (await nobody.get("/v1/me/identities", headers=as_ada)).json()["items"] == [answer.json()]
    gone = await nobody.delete(f"/v1/me/identities/{answer.json()['identityId']}", headers=as_ada | WAIT)
    assert (gone.status_code, answer.status_code) == (204, 201)
    assert (await nobody.get("/v1/me", headers=as_ada)).json() == before


async def test_a_key_that_may_not_do_everything_links_no_identity_for_that_one_could(
    world: DecidedWorld, nobody: httpx.AsyncClient
) -> None:
    made = await signed_in(nobody)
    issued = await nobody.post("/v1/me/keys", json={"scopes": ["read", "write"]}, headers=bearer(made) | WAIT)
    answer = await linked(nobody, {"token": issued.json()["key"]}, world.moment)
    assert_problem(answer, 403, "auth.forbidden", "no scope admin")
    assert (await nobody.get("/v1/me/identities", headers=bearer(made))).json()["items"] == []


async def test_an_identity_is_one_accounts_and_has_to_be_proven(world: DecidedWorld, nobody: httpx.AsyncClient) -> None:
    first, second = await signed_in(nobody), await signed_in(nobody, Wallet(b"s" * 32))
    assert (await linked(nobody, first, world.moment)).status_code == 201
    assert_problem(await linked(nobody, second, world.moment), 409, "identity.taken", "another account")
    unproven = await linked(nobody, second, world.moment, aud="another-service")
    assert_problem(unproven, 422, "identity.unproven", "Sign in there again")
    unknown = await nobody.delete(f"/v1/me/identities/{'ab' * 32}", headers=bearer(second))
    assert_problem(unknown, 404, "identity.unknown", "unlinked")


async def test_an_issuer_of_another_tenant_proves_nothing_here(world: DecidedWorld) -> None:
    foreign = Entrances(OURS, trusted=MemoryIssuer().trusted(THEIRS))
    async with world.client(None, entrances=foreign) as client:
        made = await signed_in(client)
        assert_problem(await linked(client, made, world.moment), 422, "identity.unproven", "issuer")


@pytest.mark.req(66)
async def test_the_platforms_tables_show_accounts_identities_and_logins(
    world: DecidedWorld, nobody: httpx.AsyncClient
) -> None:
    made = await signed_in(nobody)
    await linked(nobody, made, world.moment)
    shown = await world.log.read(Reader(world.log.service, platform_accounts.OF_ACCOUNTS))
    assert [str(row["user_id"]) for row in shown["platform.users"]] == [made["accountId"]]
    providers = {row["provider"] for row in shown["platform.accounts"]}
    assert providers == {"wallet", "https://login.example.org/"}
    assert [str(row["login_id"]) for row in shown["platform.auth_sessions"]] == [made["loginId"]]


@pytest.mark.req(42)
async def test_a_closed_account_is_opened_by_nothing(world: DecidedWorld, nobody: httpx.AsyncClient) -> None:
    made = await signed_in(nobody)
    key = (await nobody.post("/v1/me/keys", json={}, headers=bearer(made) | WAIT)).json()["key"]
    assert (await nobody.delete("/v1/me", headers=bearer(made))).status_code == 202
    for held in (made["token"], key):
        assert (await nobody.get("/v1/me", headers={"Authorization": f"Bearer {held}"})).status_code == 401
    answer = await nobody.post("/v1/auth/wallet", json=await proof(nobody, Wallet()))
    assert_problem(answer, 409, "account.closed", "closed")
    assert "token" not in answer.json()


async def test_a_closed_account_is_not_opened_by_a_configured_key_a_token_or_the_page_either(
    world: DecidedWorld, entrances: Entrances, nobody: httpx.AsyncClient
) -> None:
    for held in (KEY, token(world.moment)):
        async with world.client(held, entrances=entrances) as client:
            assert (await client.delete("/v1/me", headers=WAIT)).status_code == 204
            assert (await client.get("/v1/me")).status_code == 401
    await nobody.get("/")
    assert (await nobody.delete("/v1/me", headers=WAIT)).status_code == 204
    assert (await nobody.get("/v1/me")).status_code == 401
