"""The events that were changed: what each older version reads as today, and that no service starts without."""

from typing import Any, ClassVar

import msgspec
import pytest

from contracts.catalog import Catalog, MalformedMessage, UnknownMessage
from contracts.check import FOLDER
from contracts.evolution import Upcaster
from contracts.messages import CATALOG, RENDER_CATALOG, SESSION_CATALOG
from contracts.messages.evolutions import UPCASTERS
from contracts.messages.evolutions.session import SessionEditedV1
from contracts.messages.files import FileRecorded
from contracts.messages.project import ProjectCreated, ProjectEdited
from contracts.messages.session_life import SessionAnnotated, SessionRetitled
from contracts.model import EventBody
from eventlog.errors import Poison
from eventlog.understanding import readable

SESSION = "fd270f99-c1d1-5a5c-a24f-714ef17a6579"
PROJECT = "a897144d-f5f5-514a-8fb9-e2988dc7512b"
TIMELINE = {"layers": [{}], "playheadTime": 1.0, "duration": 1.0, "markers": [{}]}
READS: dict[str, list[tuple[type[EventBody], dict[str, Any]]]] = {
    "session.edited.v1": [
        (SessionRetitled, {"sessionId": SESSION, "title": "The tides"}),
        (SessionAnnotated, {"sessionId": SESSION, "metadata": {"campaign": "autumn"}}),
    ],
    "session.file_recorded.v1": [
        (
            FileRecorded,
            {
                "sessionId": SESSION,
                "fileId": "4aaa46e3-c778-5760-aada-cf365927f263",
                "fileType": "fileType",
                "filePath": "filePath",
                "fileName": "the-tides.mp4",
                "sizeBytes": 1,
                "metadata": {"campaign": "autumn"},
            },
        )
    ],
    "project.created.v1": [
        (
            ProjectCreated,
            {
                "projectId": PROJECT,
                "accountId": "51d0d4df-bc1e-5f7e-9959-53bb60e4860d",
                "name": "Ada",
                "description": "description",
                "videoPath": "videoPath",
                "durationMs": 1000,
                "timeline": TIMELINE,
            },
        )
    ],
    "project.edited.v1": [
        (
            ProjectEdited,
            {
                "projectId": PROJECT,
                "name": "Ada",
                "description": "description",
                "videoPath": "videoPath",
                "durationMs": 1000,
            },
        )
    ],
}
"""Each sample of an older version, and what it says today. A line here is changed only where today's words are."""


def read(type_: str, **data: Any) -> tuple[EventBody, ...]:
    return CATALOG.read_event(type_, 1, msgspec.json.encode(data))


@pytest.mark.req(84)
@pytest.mark.parametrize("name", READS)
def test_an_older_version_reads_as_it_did(name: str) -> None:
    type_, version = name.rsplit(".v", 1)
    today = CATALOG.read_event(type_, int(version), (FOLDER / "golden" / f"{name}.json").read_bytes())
    assert [(type(one), one.model_dump(mode="json", by_alias=True)) for one in today] == READS[name]


def test_every_older_version_that_there_is_is_told_above() -> None:
    assert {f"{type_}.v{version}" for type_, version in CATALOG.upcasters} == set(READS)


@pytest.mark.parametrize(
    ("seconds", "milliseconds"), [(0, 0), (31.4, 31_400), (45.2, 45_200), (0.0004, 0), (12.3456, 12_346), (1e9, 10**12)]
)
def test_a_length_in_seconds_is_the_nearest_millisecond(seconds: float, milliseconds: int) -> None:
    nothing = dict.fromkeys(("name", "description", "videoPath"))
    (event,) = read("project.edited", projectId=PROJECT, duration=seconds, **nothing)
    assert isinstance(event, ProjectEdited)
    assert event.duration_ms == milliseconds


def test_an_edit_reads_as_the_halves_that_it_had() -> None:
    (titled,) = read("session.edited", sessionId=SESSION, title="Salt", metadata=None)
    (noted,) = read("session.edited", sessionId=SESSION, title=None, metadata={})
    assert (type(titled), type(noted)) == (SessionRetitled, SessionAnnotated)
    assert read("session.edited", sessionId=SESSION, title=None, metadata=None) == ()


def test_what_newer_code_wrote_is_told_from_what_has_lost_its_upcaster() -> None:
    with pytest.raises(UnknownMessage, match=r"no event project\.edited v3 .*: newer code wrote it"):
        CATALOG.read_event("project.edited", 3, b"{}")
    with pytest.raises(UnknownMessage, match=r"no event session\.edited v2 .*: newer code wrote it"):
        CATALOG.read_event("session.edited", 2, b"{}")
    forgetful = Catalog([], [ProjectEdited])
    with pytest.raises(UnknownMessage, match=r"no event project\.edited v1 .*: its upcaster is missing"):
        forgetful.read_event("project.edited", 1, b"{}")


def test_an_older_event_that_does_not_fit_its_class_is_malformed() -> None:
    with pytest.raises(MalformedMessage, match=r"session\.edited v1: 1 wrong field"):
        read("session.edited", title="Salt", metadata=None, sessionId="no id")


@pytest.mark.req(84)
@pytest.mark.parametrize("catalog", [CATALOG, SESSION_CATALOG, RENDER_CATALOG])
def test_every_service_can_read_its_log(catalog: Catalog) -> None:
    assert readable(catalog) is catalog


@pytest.mark.req(84)
@pytest.mark.mutant("upcaster dropped")
@pytest.mark.parametrize("missing", [one.reads for one in UPCASTERS if one.reads[0] in CATALOG.events])
def test_a_service_without_an_upcaster_does_not_start_and_names_it(missing: tuple[str, int]) -> None:
    left = [one for one in UPCASTERS if one.reads != missing]
    broken = Catalog(CATALOG.commands.values(), CATALOG.events.values(), left)
    with pytest.raises(Poison) as refused:
        readable(broken)
    assert f"{missing[0]} has no upcaster from v{missing[1]}" in str(refused.value)
    assert "Add it in contracts/messages/evolutions" in str(refused.value)


def test_a_gap_in_an_event_that_nobody_writes_any_more_is_named_too() -> None:
    class Later(SessionEditedV1):
        VERSION: ClassVar[int] = 2

    retired = Catalog([], [SessionRetitled], [Upcaster(Later, lambda _: ())])
    assert [gap.partition(":")[0] for gap in retired.gaps()] == ["session.edited has no upcaster from v1"]
