"""What every blob store promises; each adapter's tests inherit this suite."""

import hashlib
from pathlib import Path

import pytest

from blobs.store import CHUNK_BYTES, BlobCorrupt, BlobMissing, BlobRef, BlobStore

WORDS = b"the same bytes have the same name"
ABSENT = hashlib.sha256(b"never stored").hexdigest()


async def content_of(blobs: BlobStore, sha256: str) -> bytes:
    return b"".join([chunk async for chunk in blobs.get(sha256)])


class BlobStorePromises:
    """Inherit, and give a fixture `blobs` that is an empty store."""

    async def test_what_was_put_is_read_back_under_its_digest(self, blobs: BlobStore) -> None:
        blob = await blobs.put(WORDS)
        assert blob == BlobRef(hashlib.sha256(WORDS).hexdigest(), len(WORDS))
        assert await content_of(blobs, blob.sha256) == WORDS

    async def test_a_file_is_kept_like_its_bytes(self, blobs: BlobStore, tmp_path: Path) -> None:
        source = tmp_path / "film.bin"
        source.write_bytes(bytes(range(256)) * 9000)
        blob = await blobs.put(source)
        assert blob.size > 2 * CHUNK_BYTES
        assert await content_of(blobs, blob.sha256) == source.read_bytes()
        assert source.exists(), "the caller's file is copied, not taken"

    async def test_a_repeated_put_is_one_blob(self, blobs: BlobStore) -> None:
        assert await blobs.put(WORDS) == await blobs.put(WORDS)
        assert [blob async for blob in blobs.list()] == [BlobRef(hashlib.sha256(WORDS).hexdigest(), len(WORDS))]

    async def test_no_bytes_at_all_are_a_blob_too(self, blobs: BlobStore) -> None:
        blob = await blobs.put(b"")
        assert await blobs.size(blob.sha256) == 0
        assert await content_of(blobs, blob.sha256) == b""
        assert await blobs.read(blob.sha256, 0, 10) == b""

    @pytest.mark.parametrize(
        ("start", "end", "part"),
        [(0, 3, WORDS[:3]), (4, 8, WORDS[4:8]), (30, 999, WORDS[30:]), (999, 1000, b""), (5, 5, b""), (9, 3, b"")],
    )
    async def test_a_range_is_cut_off_at_the_end(self, blobs: BlobStore, start: int, end: int, part: bytes) -> None:
        blob = await blobs.put(WORDS)
        assert await blobs.read(blob.sha256, start, end) == part

    async def test_what_was_never_stored_is_missing(self, blobs: BlobStore) -> None:
        assert await blobs.size(ABSENT) is None
        for reading in (content_of(blobs, ABSENT), blobs.read(ABSENT, 0, 1), blobs.verify(ABSENT)):
            with pytest.raises(BlobMissing, match=ABSENT):
                await reading

    async def test_deleting_twice_is_deleting_once(self, blobs: BlobStore) -> None:
        blob = await blobs.put(WORDS)
        await blobs.delete(blob.sha256)
        await blobs.delete(blob.sha256)
        assert await blobs.size(blob.sha256) is None
        assert [kept async for kept in blobs.list()] == []

    async def test_bytes_that_are_not_what_was_announced_are_not_kept(self, blobs: BlobStore) -> None:
        with pytest.raises(BlobCorrupt, match=ABSENT):
            await blobs.put(WORDS, expected=ABSENT)
        assert [kept async for kept in blobs.list()] == []

    async def test_whole_bytes_verify(self, blobs: BlobStore) -> None:
        blob = await blobs.put(WORDS, expected=hashlib.sha256(WORDS).hexdigest())
        assert await blobs.verify(blob.sha256) == blob

    async def test_changed_bytes_are_noticed(self, blobs: BlobStore) -> None:
        blob = await blobs.put(WORDS)
        await self.damage(blobs, blob.sha256)
        with pytest.raises(BlobCorrupt, match=blob.sha256):
            await blobs.verify(blob.sha256)
        with pytest.raises(BlobCorrupt):
            await content_of(blobs, blob.sha256)

    async def damage(self, blobs: BlobStore, sha256: str) -> None:
        """Change the kept bytes behind the store's back."""
        raise NotImplementedError

    @pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "ab" * 31, "ab" * 33, "ab/cd"])
    async def test_only_a_digest_names_a_blob(self, blobs: BlobStore, name: str) -> None:
        with pytest.raises(ValueError, match="64 lower-case hexadecimal digits"):
            await blobs.size(name)

    async def test_a_later_note_replaces_an_earlier_one(self, blobs: BlobStore) -> None:
        assert await blobs.noted("outputs/one.json") is None
        await blobs.note("outputs/one.json", b"first")
        await blobs.note("outputs/one.json", b"second")
        assert await blobs.noted("outputs/one.json") == b"second"
        assert [kept async for kept in blobs.list()] == [], "a note is no blob"

    async def test_a_note_is_forgotten_once_and_the_others_of_its_folder_stay(self, blobs: BlobStore) -> None:
        for name in ("parts/one.1", "parts/one.2", "parts/two/1", "partsof/another", "a/parts/three"):
            await blobs.note(name, b"part")
        for _ in range(2):
            await blobs.forget("parts/one.1")
        assert await blobs.noted("parts/one.1") is None
        assert sorted([name async for name in blobs.names("parts")]) == ["parts/one.2", "parts/two/1"]
        assert [name async for name in blobs.names("nothing")] == []

    @pytest.mark.parametrize("name", ["", "/etc/passwd", "outputs/../x", "a//b", "Ä", ".hidden"])
    async def test_a_note_has_a_plain_name(self, blobs: BlobStore, name: str) -> None:
        with pytest.raises(ValueError, match="cannot name a note"):
            await blobs.note(name, b"")
