"""What every store of archives promises; each adapter's tests inherit this suite."""

import asyncio

from eventlog.archive.store import ArchiveStore, keep

NAME = "segments/playhead.session.events/0/000000000000-000000000009-0123456789abcdef.zst"


async def names(store: ArchiveStore, prefix: str) -> list[str]:
    return sorted([name async for name in store.names(prefix)])


class ArchiveStorePromises:
    """Inherit, and give a fixture `store`: an empty one."""

    async def test_bytes_come_back_as_they_were(self, store: ArchiveStore) -> None:
        content = bytes(range(256)) * 20_000
        assert await store.create(NAME, content)
        assert await store.get(NAME) == content
        assert await store.create("manifests/empty", b"")
        assert await store.get("manifests/empty") == b""

    async def test_what_has_no_name_is_not_there(self, store: ArchiveStore) -> None:
        assert await store.get(NAME) is None
        assert await names(store, "segments/") == []

    async def test_a_name_is_given_once_and_its_bytes_stay(self, store: ArchiveStore) -> None:
        assert await store.create(NAME, b"first")
        assert not await store.create(NAME, b"second")
        assert not await store.create(NAME, b"first")
        assert await store.get(NAME) == b"first"

    async def test_of_many_who_create_a_name_exactly_one_succeeds(self, store: ArchiveStore) -> None:
        contents = [bytes([n]) * 50_000 for n in range(8)]
        created = await asyncio.gather(*(store.create(NAME, content) for content in contents))
        assert created.count(True) == 1
        assert await store.get(NAME) == contents[created.index(True)]

    async def test_names_are_listed_below_their_folder_alone(self, store: ArchiveStore) -> None:
        for name in ("manifests/0.json", "manifests/1.json", "segments/a/0/x.zst", "segments/b/1/y.zst"):
            await store.create(name, b"x")
        assert await names(store, "manifests/") == ["manifests/0.json", "manifests/1.json"]
        assert await names(store, "segments/") == ["segments/a/0/x.zst", "segments/b/1/y.zst"]

    async def test_who_keeps_the_same_bytes_again_finds_them_and_other_bytes_are_told_apart(
        self, store: ArchiveStore
    ) -> None:
        assert await keep(store, NAME, b"ours")
        assert await keep(store, NAME, b"ours")
        assert not await keep(store, NAME, b"theirs")
