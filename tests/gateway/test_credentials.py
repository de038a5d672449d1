"""What a gateway remembers of credentials: believed while it hears of changes, for a bounded time otherwise."""

from typing import Any
from uuid import UUID

import pytest

from eventlog.errors import Unavailable
from services.gateway.auth.credentials import AWAY_SECONDS, GRACE_SECONDS, STALE_SECONDS, Credentials
from services.gateway.stored import Stored

ACCOUNT = UUID(int=1)


class Store:
    """One account; counts how often it is asked."""

    def __init__(self) -> None:
        self.document: dict[str, Any] | None = {"_id": "account-1", "keys": ["one"], "version": 1}
        self.asked = 0
        self.away = False

    async def by_digest(self, digest: str) -> Stored | None:
        self.asked += 1
        if self.away:
            raise Unavailable("MongoDB", "away")
        return self.document

    async def by_identity(self, tenant: str, digest: str) -> Stored | None:
        return await self.by_digest(digest)

    async def of_account(self, tenant: str, account: str) -> Stored | None:
        return await self.by_digest(account)


class Scene:
    """A memory over that store, and its clock."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.store = Store()
        self.credentials = Credentials(self.store, lambda: self.seconds)


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_while_changes_are_heard_of_the_store_is_asked_once(scene: Scene) -> None:
    scene.credentials.beat()
    for _ in range(3):
        assert await scene.credentials.by_digest("d") == scene.store.document
    assert scene.store.asked == 1


async def test_a_change_is_seen_at_once(scene: Scene) -> None:
    scene.credentials.beat()
    await scene.credentials.by_digest("d")
    scene.credentials.changed({"_id": "account-1", "keys": []})
    assert await scene.credentials.by_digest("d") == {"_id": "account-1", "keys": []}
    assert scene.store.asked == 1


async def test_what_is_kept_from_before_a_known_version_is_asked_for_anew(scene: Scene) -> None:
    scene.credentials.beat()
    await scene.credentials.of_account("ours", ACCOUNT)
    scene.store.document = {"_id": "account-1", "keys": ["one", "two"], "version": 2}
    assert await scene.credentials.of_account("ours", ACCOUNT, at_least=2) == scene.store.document
    assert await scene.credentials.of_account("ours", ACCOUNT, at_least=2) == scene.store.document
    assert scene.store.asked == 2, "the second time what is kept is new enough"


async def test_that_there_was_no_account_is_not_believed_after_it_was_opened(scene: Scene) -> None:
    scene.credentials.beat()
    opened, scene.store.document = scene.store.document, None
    assert await scene.credentials.of_account("ours", ACCOUNT) is None
    scene.store.document = opened
    assert await scene.credentials.of_account("ours", ACCOUNT, at_least=1) == opened


@pytest.mark.parametrize("gap", ["silence", "lost"])
async def test_after_a_gap_in_what_is_heard_the_store_is_asked_again(scene: Scene, gap: str) -> None:
    scene.credentials.beat()
    await scene.credentials.by_digest("d")
    scene.store.document = None
    if gap == "silence":
        scene.seconds += STALE_SECONDS
    else:
        scene.credentials.lost()
        scene.credentials.beat()
    assert await scene.credentials.by_digest("d") is None


async def test_what_was_read_before_a_change_is_not_believed_after_it(scene: Scene) -> None:
    scene.credentials.beat()
    old = scene.store.document

    async def slow(digest: str) -> Stored | None:
        scene.credentials.changed({"_id": "account-1", "keys": []})
        return old

    scene.store.by_digest = slow
    await scene.credentials.by_digest("d")
    del scene.store.by_digest
    scene.store.document = {"_id": "account-1", "keys": []}
    assert await scene.credentials.by_digest("d") == {"_id": "account-1", "keys": []}


async def test_with_the_store_away_what_was_known_goes_on_for_a_bounded_time(scene: Scene) -> None:
    await scene.credentials.by_digest("d")
    scene.store.away = True
    scene.seconds = GRACE_SECONDS
    assert await scene.credentials.by_digest("d") == scene.store.document
    scene.seconds += 1
    with pytest.raises(Unavailable):
        await scene.credentials.by_digest("d")


async def test_with_the_store_away_nobody_new_is_let_in(scene: Scene) -> None:
    scene.store.away = True
    with pytest.raises(Unavailable):
        await scene.credentials.by_digest("d")


async def test_a_store_that_gave_no_answer_is_left_alone_for_a_moment(scene: Scene) -> None:
    scene.store.away = True
    for question in ("d", "e"):
        with pytest.raises(Unavailable):
            await scene.credentials.by_digest(question)
    assert scene.store.asked == 1
    scene.store.away = False
    scene.seconds += AWAY_SECONDS
    assert await scene.credentials.by_digest("d") == scene.store.document


def linked(*digests: str) -> dict[str, Any]:
    return {"_id": "account-1", "tenant": "ours", "identities": [{"digest": digest} for digest in digests]}


async def test_the_account_of_an_identity_is_asked_for_once_while_changes_are_heard_of(scene: Scene) -> None:
    scene.store.document = linked("d")
    scene.credentials.beat()
    for _ in range(3):
        assert await scene.credentials.by_identity("ours", "d") == linked("d")
    assert scene.store.asked == 1


async def test_an_identity_that_was_unlinked_opens_nothing_from_then_on(scene: Scene) -> None:
    scene.store.document = linked("d")
    scene.credentials.beat()
    await scene.credentials.by_identity("ours", "d")
    scene.store.document = None
    scene.credentials.changed(linked())
    assert await scene.credentials.by_identity("ours", "d") is None
    scene.store.away = True
    scene.seconds += STALE_SECONDS
    assert await scene.credentials.by_identity("ours", "d") is None


async def test_that_nobody_has_an_identity_is_kept_until_somebody_has(scene: Scene) -> None:
    scene.store.document = None
    scene.credentials.beat()
    assert [await scene.credentials.by_identity("ours", "d") for _ in range(2)] == [None, None]
    assert scene.store.asked == 1
    scene.store.document = linked("d")
    scene.credentials.changed(linked("d"))
    assert await scene.credentials.by_identity("ours", "d") == linked("d")


async def test_another_tenant_s_identity_is_another(scene: Scene) -> None:
    scene.store.document = linked("d")
    scene.credentials.beat()
    await scene.credentials.by_identity("ours", "d")
    scene.store.document = None
    assert await scene.credentials.by_identity("theirs", "d") is None


async def test_an_account_that_was_closed_is_seen_to_be_at_once_by_its_identity(scene: Scene) -> None:
    scene.store.document = linked("d")
    scene.credentials.beat()
    await scene.credentials.by_identity("ours", "d")
    scene.credentials.changed(linked("d") | {"closed": True})
    found = await scene.credentials.by_identity("ours", "d")
    assert found is not None
    assert found["closed"]


async def test_identities_are_asked_for_anew_where_changes_may_have_been_missed(scene: Scene) -> None:
    scene.store.document = linked("d")
    for asked in (1, 2):
        scene.credentials.beat()
        await scene.credentials.by_identity("ours", "d")
        assert scene.store.asked == asked
        scene.credentials.lost()


async def test_with_the_store_away_a_known_identity_goes_on_for_a_while_and_an_unknown_one_does_not(
    scene: Scene,
) -> None:
    scene.store.document = linked("d")
    scene.credentials.beat()
    await scene.credentials.by_identity("ours", "d")
    scene.store.away = True
    scene.seconds += STALE_SECONDS
    assert await scene.credentials.by_identity("ours", "d") == linked("d")
    with pytest.raises(Unavailable):
        await scene.credentials.by_identity("ours", "another")
    scene.seconds += GRACE_SECONDS + 1
    with pytest.raises(Unavailable):
        await scene.credentials.by_identity("ours", "d")
