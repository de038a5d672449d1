"""The keys of a batch are fetched before it is folded: in one question, in a thread, while other work goes on."""

import asyncio
import re
from collections.abc import Collection, Sequence

from contracts.sealing import PREFIX, Keys
from eventlog.commit import Record

_SEALED = re.compile(PREFIX.encode() + rb"([0-9a-f-]{36}):")


def subjects_in(value: bytes) -> set[str]:
    """Whose text is sealed in an envelope, and whoever else its own words seem to name."""
    return {f"account-{found.decode()}" for found in _SEALED.findall(value)}


async def met(keys: Keys, records: Sequence[Record], besides: Collection[str] = ()) -> None:
    """Return when the keys of these records, and of `besides`, are at hand. Raises `Unavailable`: try all of it again.

    A key that is nowhere is no matter here: whoever needs it is told.
    """
    if not keys.seals:
        return
    named = set(besides).union(*(subjects_in(record.value) for record in records))
    if strange := {subject for subject in named if not keys.knows(subject)}:
        await asyncio.to_thread(keys.meet, strange)
