"""Where a trace goes: with a command into its commit and what follows, and into nothing that is folded or compared."""

from collections.abc import Generator, Iterable
from datetime import timedelta

import msgspec
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from contracts.envelope import Commit
from eventlog import clock, tracing
from eventlog.commit import Link, Record, start
from eventlog.write.deciding import payload_hash
from eventlog.write.policy import Ask, Heard, PolicyLane
from tests.eventlog.toys import CATALOG, TOPIC, Add, a_lane, add, commit_in

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNTRACED = add("one", 4)
TRACED = msgspec.structs.replace(UNTRACED, trace=TRACE)


def copy(heard: Heard) -> Iterable[Ask]:
    yield Ask("copy", "toy-2", Add(things=1))


def proposed(traced: bool) -> Link:
    link = a_lane().propose(TRACED if traced else UNTRACED)
    assert link is not None
    return link


@pytest.fixture
def spans() -> Generator[InMemorySpanExporter]:
    """What this process would send."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with tracing.into(provider):
        yield exporter


def test_a_commit_and_what_a_policy_asks_for_belong_to_the_trace_of_the_command() -> None:
    link = proposed(traced=True)
    assert commit_in(link.value).trace == TRACE
    (asked,) = PolicyLane([copy], CATALOG, start(TOPIC, 0), "policy").see(Record(0, *link))
    assert asked.trace == TRACE


def test_an_untraced_command_is_written_as_ever() -> None:
    assert b"trace" not in msgspec.json.encode(UNTRACED)
    assert b"trace" not in proposed(traced=False).value


def test_a_trace_tells_no_commands_apart() -> None:
    assert payload_hash(TRACED) == payload_hash(UNTRACED)


def test_a_commit_differs_by_its_trace_alone() -> None:
    traced, plain = commit_in(proposed(traced=True).value), commit_in(proposed(traced=False).value)
    assert msgspec.structs.replace(traced, trace="") == plain


def test_each_step_of_what_is_traced_is_a_span_of_that_trace(spans: InMemorySpanExporter) -> None:
    commit = msgspec.structs.replace(commit_in(proposed(traced=True).value), at=clock.now())
    tracing.decided("toy.processor", 3, [TRACED, UNTRACED], 0.5)
    tracing.asked("toy.policies", 3, [TRACED], 0.1)
    tracing.projected("toy.projector", 3, [commit, None], 0.1)
    found = spans.get_finished_spans()
    assert [span.name for span in found] == ["decide Add", "ask Add", "project Add"]
    assert {f"{span.context.trace_id:032x}" for span in found if span.context} == {TRACE.split("-")[1]}
    assert dict(found[0].attributes or {}) == {"playhead.role": "toy.processor", "playhead.partition": 3}
    assert 0.4e9 < (found[0].end_time or 0) - (found[0].start_time or 0) < 0.6e9


def test_what_is_folded_long_afterwards_is_no_part_of_the_story(spans: InMemorySpanExporter) -> None:
    long_ago = clock.now() - tracing.OLDEST - timedelta(seconds=1)
    old: Commit = msgspec.structs.replace(commit_in(proposed(traced=True).value), at=long_ago)
    tracing.projected("toy.projector", 0, [old], 0.1)
    assert spans.get_finished_spans() == ()


def test_nothing_is_traced_without_an_endpoint() -> None:
    tracing.begin("toy", "")()
    assert not tracing.on()
    assert tracing.here() == ""


def test_a_span_tells_that_it_broke_and_not_with_what_words(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="canary"), tracing.span("stage script", TRACE):
        int("canary")
    (span,) = spans.get_finished_spans()
    assert not span.status.is_ok
    assert "canary" not in span.to_json()
    assert span.status.description == "ValueError"


def test_what_is_asked_for_within_a_span_belongs_to_it(spans: InMemorySpanExporter) -> None:
    with tracing.span("POST", TRACE):
        assert tracing.here().startswith(TRACE[:36])
    with tracing.span("POST", TRACE[:-1] + "0"):
        assert tracing.here() == "", "whoever sampled it away decided for all of it"
