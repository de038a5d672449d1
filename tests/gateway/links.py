"""Signed links, spoilt: in one or two places, as somebody would who wants more than he was given."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import TypeAlias

ALPHABET = "0123456789abcdefABCDEF/.%&=+;?#~ \x00\u0661\uff11-_"
TENANTS = ("theirs", "", "Ours", "ours ", "ours\x00", "our", "ourss", "OURS")
KIDS = ("old", "new", "newest", "", "NEW", "none", "../new", "0", "new,old", "%6eew")
SECONDS_LONGEST = 15 * 60


@dataclass(frozen=True, slots=True)
class Link:
    """What a link is asked with. `query` is as it came over the wire."""

    path: str
    query: str
    tenant: str
    now: int

    @property
    def parts(self) -> dict[str, str]:
        return dict(part.split("=", 1) for part in self.query.split("&"))

    def with_part(self, name: str, value: str) -> "Link":
        return replace(
            self, query="&".join(f"{key}={value if key == name else old}" for key, old in self.parts.items())
        )


Spoil: TypeAlias = Callable[[Link, Random, Link], Link]
"""(a good link, dice, another good link) to a link that nobody made."""


def edited(text: str, dice: Random) -> str:
    """One letter more, less, other, or in the other case; or a piece twice; or a letter spelled as %XX."""
    at = dice.randrange(len(text))
    letter = dice.choice(ALPHABET)
    return dice.choice(
        (
            text[:at] + letter + text[at + 1 :],
            text[:at] + letter + text[at:],
            text[:at] + text[at + 1 :],
            text[:at] + text[at].swapcase() + text[at + 1 :],
            text[:at] + f"%{ord(text[at]):02x}" + text[at + 1 :],
            text[:at] + f"%{ord(text[at]):02X}" + text[at + 1 :],
            text[:at] + text[at : at + 4] + text[at:],
            text[at:] + text[:at],
        )
    )


def path(link: Link, dice: Random, other: Link) -> Link:
    return replace(link, path=dice.choice((edited(link.path, dice), other.path, link.path + "/", "/" + link.path)))


def expiry(link: Link, dice: Random, other: Link) -> Link:
    value = int(link.parts["exp"])
    later = str(value + dice.choice((-1, 1)) * dice.randrange(1, 10**9))
    return link.with_part(
        "exp",
        dice.choice(
            (
                later,
                f"0{value}",
                f"+{value}",
                f"{value}.0",
                f"{value} ",
                f"{value}e0",
                hex(value),
                f"-{value}",
                "",
                "9" * 12,
            )
        ),
    )


def key(link: Link, dice: Random, other: Link) -> Link:
    return link.with_part("kid", dice.choice([kid for kid in KIDS if kid != link.parts["kid"]]))


def signature(link: Link, dice: Random, other: Link) -> Link:
    sig = link.parts["sig"]
    nibble = dice.randrange(len(sig))
    flipped = f"{int(sig[nibble], 16) ^ dice.randrange(1, 16):x}"
    return link.with_part(
        "sig",
        dice.choice(
            (
                sig[:nibble] + flipped + sig[nibble + 1 :],
                sig[:nibble],
                sig + flipped,
                sig.upper() + flipped,
                sig[::-1] + flipped,
                other.parts["sig"],
                "",
                "".join(dice.choices("0123456789abcdef", k=len(sig))),
            )
        ),
    )


def tenant(link: Link, dice: Random, other: Link) -> Link:
    return replace(link, tenant=dice.choice(TENANTS))


def form(link: Link, dice: Random, other: Link) -> Link:
    """The same words, said in another way."""
    parts = link.query.split("&")
    shuffled = parts[1:] + parts[:1]
    more = dice.choice(("x=1", "exp=999999999999", "sig=" + other.parts["sig"], "kid=old", "", "#", other.query))
    return replace(
        link,
        query=dice.choice(
            (
                "&".join(shuffled),
                ";".join(parts),
                f"{link.query}&{more}",
                f"{more}&{link.query}",
                link.query.replace("sig=", "Sig="),
                link.query.replace("sig=", "%73ig="),
                "&".join(parts[:2]),
                "?" + link.query,
                edited(link.query, dice),
            )
        ),
    )


def moment(link: Link, dice: Random, other: Link) -> Link:
    """Asked too late, or with a time to run that no link is given."""
    expires = int(link.parts["exp"])
    late, early = expires + dice.randrange(10**6), expires - SECONDS_LONGEST - 1 - dice.randrange(10**6)
    return replace(link, now=dice.choice((late, early)))


SPOILS: tuple[Spoil, ...] = (path, expiry, key, signature, tenant, form, moment)


def spoilt(link: Link, dice: Random, other: Link) -> tuple[str, Link]:
    """What was done, and a link that is not the one that was made."""
    while True:
        first = dice.choice(SPOILS)
        found = first(link, dice, other)
        if dice.random() < 0.2 and found.query == link.query:
            found = signature(found, dice, other)
        if found != link:
            return first.__name__, found
