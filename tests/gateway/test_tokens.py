"""Tokens and keys that somebody made up, changed or stole: each is refused, and changes nothing."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from jwt.algorithms import HMACAlgorithm

from services.gateway.auth import outside
from services.gateway.auth.entrances import Entrances
from services.gateway.auth.key_sets import GRACE_SECONDS, RARELY_SECONDS, KeySet
from services.gateway.auth.keys import LOGIN_PREFIX, key_of
from tests.gateway.issuing import (
    EC,
    ED,
    NAME,
    OTHER_RSA,
    RSA,
    SHORT_RSA,
    MemoryIssuer,
    claims,
    jwk,
    part,
    sealed,
    token,
)
from tests.gateway.samples import NOON
from tests.gateway.test_bad_input import GOOD, assert_problem
from tests.gateway.world import KEY, OURS, World

PUBLIC_PEM: Final = RSA.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
HEADER: Final = b'{"alg":"RS256","kid":"rsa","typ":"JWT"}'
SECONDS: Final = int(NOON.timestamp())
Make = Callable[[datetime], str]


def body(**changed: Any) -> bytes:
    return json.dumps(claims(NOON, **changed)).encode()


def by_secret(secret: bytes) -> str:
    """HS256, the secret being something that everybody can know."""
    first = f"{part(HEADER.replace(b'RS256', b'HS256'))}.{part(body())}"
    return f"{first}.{part(HMACAlgorithm(HMACAlgorithm.SHA256).sign(first.encode(), secret))}"


def unsigned(algorithm: bytes, signature: str) -> str:
    return f"{part(HEADER.replace(b'RS256', algorithm))}.{part(body())}.{signature}"


def with_header(**more: Any) -> Make:
    return lambda at: token(at, header=more)


def saying(**changed: Any) -> Make:
    return lambda at: token(at, **changed)


FORGED: Final[dict[str, Make]] = {
    "no algorithm": lambda _: unsigned(b"none", ""),
    "no algorithm, and a signature": lambda _: unsigned(b"none", "AAAA"),
    "no algorithm, in capitals": lambda _: unsigned(b"NONE", "AAAA"),
    "the public key as a secret": lambda _: by_secret(PUBLIC_PEM),
    "an empty secret": lambda _: by_secret(b""),
    "an algorithm that is not allowed": lambda at: token(at, algorithm="RS512"),
    "an algorithm of another key": lambda at: token(at, key=EC, algorithm="ES256"),
    "no name of an algorithm": lambda _: sealed(b'{"kid":"rsa"}', body()),
    "a list of algorithms": lambda _: sealed(b'{"alg":["RS256"],"kid":"rsa"}', body()),
    "no key id": lambda at: jwt.encode(claims(at), RSA, "RS256"),
    "an unknown key id": with_header(kid="rsa-2"),
    "a path as key id": with_header(kid="../../../../dev/null"),
    "a query as key id": with_header(kid="' OR 1=1 --"),
    "a number as key id": lambda _: sealed(b'{"alg":"RS256","kid":1}', body()),
    "another's key": lambda at: token(at, key=OTHER_RSA),
    "a key that is too short": lambda _: sealed(HEADER.replace(b'"rsa"', b'"short"'), body(), SHORT_RSA),
    "a key for encryption": with_header(kid="for-secrets"),
    "a key that it brings": lambda at: token(at, key=OTHER_RSA, header={"jwk": jwk("rsa", OTHER_RSA)}),
    "an address of keys": lambda at: token(at, key=OTHER_RSA, header={"jku": "https://evil.example/keys"}),
    "an address of a certificate": with_header(x5u="https://evil.example/key.pem"),
    "a certificate": with_header(x5c=["MIIB"]),
    "an extension": with_header(crit=["exp"]),
    "a body that is not encoded": with_header(b64=False),
    "another type": with_header(typ="secevent+jwt"),
    "run out": saying(exp=SECONDS - 60),
    "without an end": saying(exp=None),
    "an end that is text": saying(exp="never"),
    "an end that is true": lambda _: sealed(HEADER, body(exp=True)),
    "not yet good": saying(nbf=SECONDS + 60),
    "of tomorrow": saying(iat=SECONDS + 86_400),
    "for somebody else": saying(aud="another-service"),
    "for nobody": saying(aud=None),
    "of another issuer": saying(iss="https://evil.example/"),
    "of an issuer with another ending": saying(iss=NAME.rstrip("/")),
    "of no issuer": saying(iss=None),
    "of a list of issuers": lambda _: sealed(HEADER, body(iss=[NAME])),
    "without a subject": saying(sub=None),
    "with an empty subject": saying(sub=""),
    "with a subject that is a number": lambda _: sealed(HEADER, body(sub=7)),
    "with a subject that is endless": saying(sub="x" * 256),
    "without the signature's end": lambda at: token(at)[:-8],
    "without a signature": lambda at: f"{token(at).rpartition('.')[0]}.",
    "of two parts": lambda at: token(at).rpartition(".")[0],
    "of four parts": lambda at: f"{token(at)}.AAAA",
    "huge": saying(more="x" * outside.LONGEST),
    "with another body": lambda at: ".".join((part(HEADER), part(body(sub="eve")), token(at).rpartition(".")[2])),
    "with a claim twice": lambda _: sealed(HEADER, body()[:-1] + b',"sub":"eve"}'),
    "with a header twice": lambda _: sealed(HEADER[:-1] + b',"kid":"rsa"}', body()),
    "no JSON": lambda _: sealed(HEADER, b"sub=ada"),
    "no object": lambda _: sealed(HEADER, b'["ada"]'),
    "deep": lambda _: sealed(HEADER, body()[:-1] + b',"deep":' + b"[" * 600 + b"]" * 600 + b"}"),
    "padded": lambda at: f"{token(at)}==",
    "with letters of another alphabet": lambda at: token(at).replace("e", "\u0435", 1),
    "with a subject that is half a letter": lambda _: sealed(
        HEADER, body()[:-1].replace(b'"ada"', b'"\\ud800"') + b"}"
    ),
    "with a space inside": lambda at: token(at).replace(".", ". ", 1),
    "a key with a wrong checksum": lambda _: f"{KEY[:-1]}{'0' if KEY[-1] != '0' else '1'}",
    "a key that nobody has": lambda _: key_of(b"q" * 20),
    "a login that nobody has": lambda _: key_of(b"q" * 20, LOGIN_PREFIX),
    "a key of another kind of secret": lambda _: KEY.replace("ph_", "sk_"),
    "a digest for a key": lambda _: "ab" * 32,
}


def trusting(issuer: MemoryIssuer, tenant: str = OURS) -> dict[str, Any]:
    return {"entrances": Entrances(trusted=issuer.trusted(tenant))}


@pytest.mark.req(67)
@pytest.mark.parametrize("make", FORGED.values(), ids=FORGED.keys())
async def test_a_forged_token_opens_nothing_and_changes_nothing(world: World, make: Make) -> None:
    """The request is sent as bytes: a client library would refuse to send some of them."""
    header = {b"Authorization": f"Bearer {make(NOON)}".encode()}
    async with world.client(None, **trusting(MemoryIssuer())) as client:
        reading = await client.get("/v1/me", headers=header)
        writing = await client.post("/v1/sessions", json=GOOD, headers=header)
    for answer in (reading, writing):
        assert_problem(answer, 401, "auth.invalid", "Check it for a typing error")
    assert not world.sender.sent
    assert not world.answers.kept


def test_the_table_has_forty_rows_and_more() -> None:
    assert len(FORGED) >= 40


@pytest.mark.parametrize(("kid", "key", "algorithm"), [("rsa", RSA, "RS256"), ("ec", EC, "ES256"), ("ed", ED, "EdDSA")])
async def test_a_good_token_speaks_for_its_subject(world: World, kid: str, key: Any, algorithm: str) -> None:
    good = token(NOON, key=key, algorithm=algorithm, header={"kid": kid})
    async with world.client(good, **trusting(MemoryIssuer())) as client:
        first = (await client.get("/v1/me")).json()
    async with world.client(token(NOON, sub="eve"), **trusting(MemoryIssuer())) as client:
        other = (await client.get("/v1/me")).json()
    assert first["tenant"] == other["tenant"] == OURS
    assert (first["role"], first["accountId"] != other["accountId"]) == ("user", True)


async def test_a_token_is_of_its_issuers_tenant_and_of_no_other(world: World) -> None:
    async with world.client(token(NOON, tenant=OURS), **trusting(MemoryIssuer(), "elsewhere")) as client:
        assert (await client.get("/v1/me")).json()["tenant"] == "elsewhere"
        assert (await client.get("/v1/sessions")).json()["items"] == []


async def test_a_withdrawn_key_opens_nothing_once_the_set_is_read_anew() -> None:
    issuer, clock = MemoryIssuer(), [0.0]
    keys = KeySet(issuer.load, lambda: clock[0])
    assert await keys.key("rsa", "RS256") is not None
    issuer.keys = [jwk("new", OTHER_RSA)]
    clock[0] = RARELY_SECONDS
    assert await keys.key("new", "RS256") is not None
    assert await keys.key("rsa", "RS256") is None


async def test_unknown_key_ids_do_not_make_us_ask_again_and_again() -> None:
    issuer, clock = MemoryIssuer(), [0.0]
    keys = KeySet(issuer.load, lambda: clock[0])
    for number in range(100):
        assert await keys.key(f"made-up-{number}", "RS256") is None
    assert issuer.asked == 1
    clock[0] = RARELY_SECONDS
    await keys.key("made-up", "RS256")
    assert issuer.asked == 2


async def test_with_the_issuer_away_known_keys_go_on_for_an_hour(world: World) -> None:
    issuer, clock = MemoryIssuer(), [0.0]
    trusted = issuer.trusted(OURS)
    entrances = Entrances(trusted={NAME: trusted[NAME]._replace(keys=KeySet(issuer.load, lambda: clock[0]))})
    async with world.client(token(NOON), entrances=entrances) as client:
        assert (await client.get("/v1/me")).status_code == 200
        issuer.away = True
        clock[0] = GRACE_SECONDS
        assert (await client.get("/v1/me")).status_code == 200
        clock[0] = GRACE_SECONDS + 1
        assert_problem(await client.get("/v1/me"), 503, "part.unavailable", "issuer of the token")


@pytest.mark.parametrize("keys", ["http://login.example.org/keys", "ftp://login.example.org/keys", "data:,{}", ""])
def test_an_issuers_keys_come_by_an_encrypted_way_or_from_a_file(keys: str) -> None:
    with pytest.raises(ValueError, match=r"https://|at least 1 character"):
        outside.Issuer(tenant=OURS, audience="x", keys=keys)
