"""Which kinds of video can be asked for: those that the workers have, as the settings tell."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

from contracts.rendering import Kind
from services.gateway.http.problems import Problem
from services.gateway.ports.gateway import Gateway

_INSTALL: Final[Mapping[Kind, str]] = {
    Kind.MANIM: "run `uv pip install -e '.[manim]'` where the workers run, name it in PLAYHEAD_KINDS,",
}


def kinds_of(named: str) -> frozenset[Kind]:
    """The kinds that a setting names, apart by commas; empty: those whose parts are installed beside this process.

    Raises `ValueError` for a name that is none.
    """
    names = [name.strip() for name in named.split(",") if name.strip()]
    if unknown := [name for name in names if name not in set(Kind)]:
        raise ValueError(f"PLAYHEAD_KINDS names {', '.join(unknown)}: the kinds are {', '.join(Kind)}")
    if names:
        return frozenset(Kind(name) for name in names)
    return frozenset(Kind) if find_spec("manim") is not None else frozenset(Kind) - {Kind.MANIM}


def installed(gateway: Gateway, kind: Kind | None) -> None:
    """`kind.not_installed` for a kind that no worker has, before anything is queued or paid for."""
    if kind is None or kind in gateway.kinds:
        return
    there = " or ".join(f"`{one}`" for one in Kind if one in gateway.kinds)
    remedy = _INSTALL.get(kind, "name it in PLAYHEAD_KINDS once the workers have it,")
    raise Problem(
        "kind.not_installed", f"Videos of the kind `{kind}` are not installed here: {remedy} or ask for {there}."
    )
