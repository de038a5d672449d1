"""An outside issuer in this process: it makes keys and tokens, right ones and wrong ones."""

import base64
import json
from datetime import datetime
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from services.gateway.auth.key_sets import KeySet
from services.gateway.auth.outside import Issuer, Trusted

NAME: Final = "https://login.example.org/"
AUDIENCE: Final = "playhead"
RSA: Final = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA: Final = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SHORT_RSA: Final = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - it is to be refused
EC: Final = ec.generate_private_key(ec.SECP256R1())
ED: Final = ed25519.Ed25519PrivateKey.generate()
SIGNERS: Final[dict[str, Any]] = {"rsa": RSA, "ec": EC, "ed": ED}


def jwk(kid: str, key: Any, **more: Any) -> dict[str, Any]:
    """The public half of a key, as an issuer publishes it."""
    public = key.public_key()
    if isinstance(key, rsa.RSAPrivateKey):
        made = RSAAlgorithm.to_jwk(public, as_dict=True)
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        made = ECAlgorithm.to_jwk(public, as_dict=True)
    else:
        made = OKPAlgorithm.to_jwk(public, as_dict=True)
    return {key_: value for key_, value in made.items() if key_ != "key_ops"} | {"kid": kid, "use": "sig", **more}


class MemoryIssuer:
    """Publishes `keys`; `away` while nobody answers; `asked` counts."""

    def __init__(self) -> None:
        self.keys = [jwk(kid, key) for kid, key in SIGNERS.items()]
        self.keys += [jwk("short", SHORT_RSA), jwk("for-secrets", RSA, use="enc")]
        self.away = False
        self.asked = 0

    async def load(self) -> bytes:
        self.asked += 1
        if self.away:
            raise OSError("login.example.org does not answer")
        return json.dumps({"keys": self.keys}).encode()

    def trusted(self, tenant: str) -> dict[str, Trusted]:
        """As the gateway knows it."""
        issuer = Issuer(tenant=tenant, audience=AUDIENCE, keys="/nowhere.json")
        return {NAME: Trusted(issuer, KeySet(self.load))}


def claims(at: datetime, **changed: Any) -> dict[str, Any]:
    """What a good token says at that time; None takes a claim away."""
    now = int(at.timestamp())
    said = {"iss": NAME, "aud": AUDIENCE, "sub": "ada", "iat": now, "exp": now + 600, **changed}
    return {name: value for name, value in said.items() if value is not None}


def token(
    at: datetime,
    *,
    key: Any = RSA,
    algorithm: str = "RS256",
    header: dict[str, Any] | None = None,
    **changed: Any,
) -> str:
    """A signed token."""
    return jwt.encode(claims(at, **changed), key, algorithm, headers={"kid": "rsa", **(header or {})})


def sealed(header: bytes, body: bytes, key: Any = RSA) -> str:
    """A token of any two parts, signed as RS256 whatever they say."""
    first = f"{part(header)}.{part(body)}"
    return f"{first}.{part(RSAAlgorithm(RSAAlgorithm.SHA256).sign(first.encode(), key))}"


def part(content: bytes) -> str:
    """In Base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
