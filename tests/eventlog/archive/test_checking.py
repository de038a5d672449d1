"""A check without a broker finds each altered byte, each lost object, and says where."""

from collections.abc import Callable
from hashlib import sha256

import cramjam
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventlog.archive.checking import untold
from eventlog.archive.manifest import MANIFESTS, SEGMENTS, name_of, sealed
from eventlog.archive.manifest import Manifest as ManifestOf
from eventlog.archive.reading import ArchivedLog, read_contents
from eventlog.archive.segment import Segment
from eventlog.errors import Corrupt, PlayheadError
from tests.eventlog.archive.logs import Deadly, DictArchive, Grown, Killed, archived, wrong_with
from tests.eventlog.counting import TOPIC


async def an_archive() -> DictArchive:
    """Of records of every kind, in several segments and manifests."""
    store, grown = DictArchive(), Grown()
    await grown.grow(0, ["commit", "again", "commit", "rival", "refusal"] * 4)
    await grown.grow(1, ["commit"] * 5)
    await archived(store, grown.log)
    assert len([name for name in store.kept if name.startswith(MANIFESTS)]) > 2
    return store


async def complaints(store: DictArchive) -> str:
    """All that a check says; empty where it finds nothing."""
    try:
        return "\n".join(await wrong_with(store))
    except PlayheadError as error:
        return str(error)


@settings(deadline=None, max_examples=60)
@given(st.data())
async def test_every_altered_byte_is_found_and_its_object_named(data: st.DataObject) -> None:
    store = await an_archive()
    name = data.draw(st.sampled_from(sorted(store.kept)))
    altered = bytearray(store.kept[name])
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    store.kept[name] = bytes(altered)
    assert name in await complaints(store)


@settings(deadline=None, max_examples=60)
@given(st.data())
async def test_every_object_that_is_gone_is_named_but_the_last_manifest(data: st.DataObject) -> None:
    store = await an_archive()
    name = data.draw(st.sampled_from(sorted(store.kept)[:-1]))
    last = max(each for each in store.kept if each.startswith(MANIFESTS))
    del store.kept[name]
    assert (name in await complaints(store)) == (name != last)


@settings(deadline=None, max_examples=60)
@given(st.data())
async def test_an_object_that_was_cut_short_is_named(data: st.DataObject) -> None:
    store = await an_archive()
    name = data.draw(st.sampled_from(sorted(store.kept)))
    store.kept[name] = store.kept[name][: data.draw(st.integers(0, len(store.kept[name]) - 1))]
    assert name in await complaints(store)


def _value(records: list[list[bytes]], n: int) -> None:
    records[n][1] = records[n][1].replace(b"acme", b"evil")


def _key(records: list[list[bytes]], n: int) -> None:
    records[n][0] = b"counter-4"


def _prev(records: list[list[bytes]], n: int) -> None:
    records[n][3] = bytes(16)


async def test_a_segment_whose_text_is_none_any_more_is_named_like_any_other() -> None:
    store = await an_archive()
    segment = (await read_contents(store)).of(TOPIC, 0)[0]
    unpacked = bytes(cramjam.zstd.decompress(store.kept[segment.name])).replace(TOPIC.encode(), b"\xff" * len(TOPIC))
    store.kept[segment.name] = bytes(cramjam.zstd.compress(unpacked, 3))
    (sentence,) = await wrong_with(store)
    assert f"cannot be told which of the offsets {segment.first}…{segment.last}" in sentence


@pytest.mark.parametrize("alter", [_value, _key, _prev])
async def test_where_it_can_be_told_the_offset_of_the_altered_record_is_named(
    alter: Callable[[list[list[bytes]], int], None],
) -> None:
    store = await an_archive()
    segment = (await read_contents(store)).of(TOPIC, 1)[0]
    store.kept[segment.name] = rewritten(store.kept[segment.name], lambda records: alter(records, 1))
    (sentence,) = await wrong_with(store)
    assert segment.name in sentence
    assert f"offset {segment.first + 1} is the first" in sentence


async def test_a_forged_manifest_does_not_hide_a_forged_record() -> None:
    store = await an_archive()
    contents = await read_contents(store)
    segment = contents.of(TOPIC, 1)[-1]
    content = rewritten(store.kept[segment.name], lambda records: _value(records, 0))
    forged = msgspec.structs.replace(segment, size=len(content), sha256=sha256_of(content))
    store.kept[forged.name] = content
    last = name_of(contents.number)
    text = store.kept[last].rpartition(b"\n")[0].rpartition(b"\n")[0]
    manifest = msgspec.json.decode(text, type=ManifestOf)
    told = tuple(forged if one == segment else one for one in manifest.segments)
    store.kept[last] = sealed(msgspec.structs.replace(manifest, segments=told))
    assert f"offset {segment.first}" in await complaints(store)


async def test_what_was_archived_of_another_log_is_told_apart() -> None:
    store, other = await an_archive(), DictArchive()
    await archived(other, Grown().log)
    store.kept[name_of(0)] = other.kept[name_of(0)]
    assert name_of(1) in await complaints(store)


async def test_a_segment_of_an_interrupted_run_is_no_part_of_the_archive() -> None:
    store, grown = DictArchive(), Grown()
    await grown.grow(0, ["commit"] * 4)
    with pytest.raises(Killed):
        await archived(Deadly(store, 1, after=True), grown.log)
    assert await untold(store, await read_contents(store)) == list(store.kept)
    await archived(store, grown.log)
    assert await untold(store, await read_contents(store)) == []


async def test_a_reader_of_an_archive_refuses_a_segment_that_was_altered_or_is_gone() -> None:
    store = await an_archive()
    contents = await read_contents(store)
    segment = contents.of(TOPIC, 0)[0]
    store.kept[segment.name] += b"x"
    with pytest.raises(Corrupt, match="was altered"):
        await ArchivedLog(store, contents, TOPIC).record_at(0, 0)
    del store.kept[segment.name]
    with pytest.raises(Corrupt, match=r"offsets 0…"):
        await ArchivedLog(store, contents, TOPIC).record_at(0, 0)


def rewritten(content: bytes, alter: Callable[[list[list[bytes]]], None]) -> bytes:
    """The segment with other records in it, well packed."""
    unpacked = msgspec.msgpack.decode(bytes(cramjam.zstd.decompress(content)))
    alter(unpacked[4])
    return bytes(cramjam.zstd.compress(msgspec.msgpack.encode(unpacked), 3))


def sha256_of(content: bytes) -> str:
    """In hexadecimal."""
    return sha256(content).hexdigest()


def test_the_names_of_segments_sort_as_their_offsets_do() -> None:
    def named(first: int) -> str:
        return Segment(TOPIC, 0, first, first, 1, 1, 1, "0" * 64, "", -1, "").name

    assert [named(n) for n in (2, 10, 999_999)] == sorted(named(n) for n in (999_999, 10, 2))
    assert named(0).startswith(SEGMENTS)
