"""The commands that benchmarks decide: real ones, made from one seed, no two streams alike."""

import random
from collections.abc import Iterator
from uuid import UUID

from contracts.catalog import as_command
from contracts.envelope import Command, stream_id
from contracts.messages.account import AccountKind, RegisterAccount, ReserveCredits, SettleCredits
from contracts.messages.files import OpenSession
from contracts.messages.session import StartSession
from contracts.model import CommandBody
from eventlog import clock

TENANT = "bench"
SENTENCE = "how light bends around a star and why bread rises when yeast is kept warm over night"
WORDS = SENTENCE.split(" ")


def commands(count: int, seed: int, *, rendered: bool = True) -> list[Command]:
    """`count` commands: accounts are registered, sessions started, points reserved and settled, in that order.

    Not `rendered`: the sessions ask for no work, where services run that would begin with it.
    """
    dice = random.Random(seed)
    made: list[Command] = []
    while len(made) < count:
        made.extend(_story(dice, rendered=rendered))
    return made[:count]


def _story(dice: random.Random, *, rendered: bool) -> Iterator[Command]:
    account, session, job = (_id(dice) for _ in range(3))
    prompt = " ".join(dice.choices(WORDS, k=24))
    yield command(
        _id(dice), "account", account, RegisterAccount(account_id=account, kind=AccountKind.DEMO, starter_grant=100)
    )
    if rendered:
        begin = StartSession(session_id=session, account_id=account, job_id=job, prompt=prompt)
    else:
        begin = OpenSession(session_id=session, account_id=account, prompt=prompt)
    yield command(_id(dice), "session", session, begin)
    reserve = ReserveCredits(job_id=job, session_id=session, run=1, amount=4, enforce=True)
    yield command(_id(dice), "account", account, reserve)
    yield command(_id(dice), "account", account, SettleCredits(job_id=job, run=1, actual=3))


def _id(dice: random.Random) -> UUID:
    return UUID(int=dice.getrandbits(128), version=4)


def command(id_: UUID, category: str, public_id: UUID, body: CommandBody) -> Command:
    """One for a stream of the tenant `bench`, as a gateway would send it now."""
    return as_command(
        body,
        id_=id_,
        stream=stream_id(category, TENANT, str(public_id)),
        at=clock.now(),
        tenant=TENANT,
        actor="bench",
    )
