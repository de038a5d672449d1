"""What a stage left is noted under the key of whom it was made for: everybody reads it, until that key is gone."""

from contracts.sealing import NoKeys
from eventlog.keys.memory import MemoryKeyStore
from eventlog.keys.ring import KeyRing
from services.render.stages.notes import PlainNotes, SealedNotes
from tests.eventlog.test_keys import ACCOUNTS, Asked

NAME = "outputs/one.json"
SAID = b'{"title": "Tides"}'
ADA, BOB = ACCOUNTS[:2]


def test_a_note_is_read_by_others_as_long_as_its_key_stands_and_is_none_afterwards() -> None:
    ring = KeyRing(MemoryKeyStore())
    kept = SealedNotes(ring, ADA).hidden(NAME, SAID)
    assert kept is not None
    assert b"Tides" not in kept
    assert SealedNotes(ring, BOB).shown(NAME, kept) == SAID
    assert SealedNotes(ring, BOB).shown("outputs/other.json", kept) is None
    ring.destroy(ADA)
    assert SealedNotes(ring, BOB).shown(NAME, kept) is None
    assert SealedNotes(ring, ADA).hidden(NAME, SAID) is None


def test_a_note_from_before_there_were_keys_is_read_as_it_is() -> None:
    assert SealedNotes(KeyRing(MemoryKeyStore()), ADA).shown(NAME, SAID) == SAID
    assert PlainNotes().hidden(NAME, SAID) == SealedNotes(NoKeys(), ADA).hidden(NAME, SAID) == SAID


def test_without_the_store_of_keys_nothing_is_noted_and_nothing_found() -> None:
    store = Asked()
    kept = SealedNotes(KeyRing(store), ADA).hidden(NAME, SAID)
    assert kept is not None
    store.away = True
    fresh = SealedNotes(KeyRing(store), ADA)
    assert fresh.hidden(NAME, SAID) is None
    assert fresh.shown(NAME, kept) is None
