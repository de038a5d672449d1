"""Signed links and cursors: what was made here is accepted, and nothing that differs from it by anything."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.http.cursors import NotACursor, Place, read, written
from services.gateway.http.signing import LONGEST_SECONDS, Signer

SIGNER = Signer({"2026-10": b"an older secret of ours", "2026-11": b"a newer secret of ours"})
NOW = 1_795_000_000
PATH, TENANT = "/media/01970c5a-3f2e-7c44-9d1b-000000000003.mp4", "ours"
LINK = SIGNER.link(PATH, TENANT, NOW)
QUERY = LINK.partition("?")[2]
PLACE = Place(datetime(2026, 11, 20, 8, 15, 30, 123_000, tzinfo=UTC), "session-5")


def opens(path: str = PATH, query: str = QUERY, tenant: str = TENANT, now: int = NOW) -> bool:
    return SIGNER.opens(path, query, tenant, now)


def test_a_link_opens_until_it_runs_out() -> None:
    assert opens()
    assert opens(now=NOW + LONGEST_SECONDS - 1)
    assert not opens(now=NOW + LONGEST_SECONDS)


def test_a_link_from_the_future_does_not_open() -> None:
    assert not opens(now=NOW - 1)


def test_no_link_is_made_for_longer_than_a_quarter_of_an_hour() -> None:
    assert SIGNER.link(PATH, TENANT, NOW, seconds=10**9) == LINK


def test_a_key_that_is_being_replaced_still_opens_and_one_that_is_gone_does_not() -> None:
    newer = Signer({"2026-11": b"a newer secret of ours", "2026-12": b"the newest secret of ours"})
    assert newer.opens(PATH, QUERY, TENANT, NOW)
    assert not Signer({"2026-12": b"the newest secret of ours"}).opens(PATH, QUERY, TENANT, NOW)


@settings(max_examples=2000)
@given(st.integers(0, len(LINK) - 1), st.characters(), st.sampled_from(["replace", "insert", "delete"]))
def test_no_link_with_one_changed_letter_opens(place: int, letter: str, how: str) -> None:
    changed = LINK[:place] + ("" if how == "delete" else letter) + LINK[place + (how != "insert") :]
    path, _, query = changed.partition("?")
    assert opens(path, query) == (changed == LINK)


@given(st.integers(NOW - 10**6, NOW + 10**6), st.sampled_from(["2026-10", "2026-11", "", "x"]), st.text())
def test_no_made_up_signature_opens(expires: int, kid: str, signature: str) -> None:
    assert not opens(query=f"exp={expires}&kid={kid}&sig={signature}")


@given(st.permutations(QUERY.split("&")), st.sampled_from(["", "&x=1", "&exp=9999999999", "&sig=0"]))
def test_no_other_order_and_nothing_more_opens(parts: list[str], more: str) -> None:
    query = "&".join(parts) + more
    assert opens(query=query) == (query == QUERY)


@pytest.mark.parametrize("tenant", ["", "Ours", "theirs", "ours\x00"])
def test_a_link_is_its_tenant_s(tenant: str) -> None:
    assert not opens(tenant=tenant)


def test_parts_cannot_be_shifted_into_one_another() -> None:
    kid, signature = SIGNER.sign("a", "bc", "d")
    assert SIGNER.accepts(kid, signature, "a", "bc", "d")
    for purpose, *parts in (("a", "b", "cd"), ("ab", "c", "d"), ("a", "bcd"), ("a", "bc", "d", "")):
        assert not SIGNER.accepts(kid, signature, purpose, *parts)


@pytest.mark.parametrize("keys", [{}, {"a": b"short"}])
def test_a_signer_without_a_good_secret_is_not_made(keys: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="at least"):
        Signer(keys)


@given(st.datetimes(datetime(1971, 1, 1), datetime(9999, 1, 1)), st.text(max_size=60).filter(str.isprintable))  # noqa: DTZ001 - the strategy takes naive bounds
def test_a_cursor_is_read_as_it_was_written(at: datetime, id_: str) -> None:
    place = Place(at.replace(tzinfo=UTC, microsecond=at.microsecond // 1000 * 1000), id_)
    assert read(SIGNER, TENANT, "sessions", written(SIGNER, TENANT, "sessions", place)) == place


@settings(max_examples=1000)
@given(st.data())
def test_no_cursor_with_one_changed_letter_is_read(data: st.DataObject) -> None:
    cursor = written(SIGNER, TENANT, "sessions", PLACE)
    at = data.draw(st.integers(0, len(cursor)))
    letter = data.draw(st.text(max_size=1))
    changed = cursor[:at] + letter + cursor[at + data.draw(st.integers(0, 1)) :]
    if changed == cursor:
        return
    with pytest.raises(NotACursor):
        read(SIGNER, TENANT, "sessions", changed)


@pytest.mark.parametrize(("tenant", "question"), [("theirs", "sessions"), ("ours", "sessions\nq")])
def test_a_cursor_is_for_its_tenant_and_its_question(tenant: str, question: str) -> None:
    with pytest.raises(NotACursor):
        read(SIGNER, tenant, question, written(SIGNER, TENANT, "sessions", PLACE))
