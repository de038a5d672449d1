"""A project: each command with its possible outcomes, what holds in every history, and what is shown of it."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given as whatever
from hypothesis import settings
from hypothesis import strategies as some
from pydantic import ValidationError

from contracts.messages import SESSION_CATALOG
from contracts.messages.project import (
    LARGEST_TIMELINE,
    CreateProject,
    DeleteProject,
    EditProject,
    ProjectCommand,
    ProjectCreated,
    ProjectDeleted,
    ProjectEdited,
    ProjectRestored,
    RestoreProject,
    SaveTimeline,
    Timeline,
    TimelineSaved,
)
from services.session.deciders.project import DECIDER
from services.session.projections.projects import PROJECTION
from tests.bdd import Given, given
from tests.flows.kept import check_document
from tests.histories import decided, events_of, folded, links, played, some_of
from tests.session.words import ACCOUNT, an_id

PROJECT = an_id("project")
FIRST = Timeline(layers=({"id": "video", "clips": [{"start": 0, "end": 2.5}]},), duration=10)
SECOND = FIRST.model_copy(update={"playhead_time": 4.2})
NEW = CreateProject(
    project_id=PROJECT, account_id=ACCOUNT, name="Sea", video_path="/media/sea.mp4", duration=31.4, timeline=FIRST
)
CREATED = ProjectCreated(
    project_id=PROJECT,
    account_id=ACCOUNT,
    name="Sea",
    description="",
    video_path="/media/sea.mp4",
    duration_ms=31_400,
    timeline=FIRST.state(),
)


def edited(**fields: Any) -> ProjectEdited:
    nothing = dict.fromkeys(("name", "description", "video_path", "duration_ms"))
    return ProjectEdited.model_validate({"project_id": PROJECT, **nothing, **fields})


def saved(timeline: Timeline, restores: int | None = None) -> TimelineSaved:
    return TimelineSaved(project_id=PROJECT, account_id=ACCOUNT, timeline=timeline.state(), restores=restores)


names = some.sampled_from(["Sea", "Tides"])
timelines = some.sampled_from([Timeline(), FIRST, SECOND])
COMMANDS: some.SearchStrategy[list[ProjectCommand]] = some.lists(
    some.one_of(
        some_of(CreateProject, project_id=some.just(PROJECT), account_id=some.just(ACCOUNT), name=names),
        some_of(EditProject, name=some.none() | names, timeline=some.none() | timelines),
        some_of(SaveTimeline, timeline=timelines),
        some.just(DeleteProject()),
        some.just(RestoreProject()),
    ),
    max_size=15,
)
"""Whatever is asked of a project, in whatever order."""
quick = settings(max_examples=60, deadline=None)


@pytest.fixture
def kept() -> Given:
    return given(DECIDER).when(NEW).then(CREATED)


def test_the_same_beginning_is_no_news_and_another_one_is_refused(kept: Given) -> None:
    kept.when(NEW).then_nothing()
    kept.after(EditProject(name="Tides")).when(NEW).then_nothing()
    kept.when(NEW.model_copy(update={"name": "Tides"})).refused("project.exists")
    kept.after(DeleteProject()).when(NEW).refused("project.exists")


def test_an_edit_tells_what_is_other_and_a_timeline_with_it_is_saved_too(kept: Given) -> None:
    kept.when(EditProject(name="Sea", duration=12)).then(edited(duration_ms=12_000))
    both = EditProject(name="Tides", timeline=SECOND)
    kept.when(both).then(edited(name="Tides"), saved(SECOND)).when(both).then_nothing()


def test_a_timeline_that_is_saved_as_it_is_makes_no_version(kept: Given) -> None:
    kept.when(SaveTimeline(timeline=FIRST)).then_nothing()
    as_the_editor_reads_it = Timeline(layers=({"clips": [{"end": 2.5, "start": 0.0}], "id": "video"},), duration=10.0)
    kept.when(SaveTimeline(timeline=as_the_editor_reads_it)).then_nothing()
    kept.when(SaveTimeline(timeline=SECOND)).then(saved(SECOND))


def test_an_older_timeline_is_saved_again_as_a_new_version(kept: Given) -> None:
    after = kept.after(SaveTimeline(timeline=SECOND))
    after.when(SaveTimeline(timeline=FIRST, restores=1)).then(saved(FIRST, restores=1))


@pytest.mark.req(20)
def test_a_deleted_project_takes_nothing_until_it_is_restored_with_all_that_it_had(kept: Given) -> None:
    gone = kept.when(DeleteProject()).then(ProjectDeleted(project_id=PROJECT))
    gone.when(DeleteProject()).then_nothing()
    gone.when(EditProject(name="Tides")).refused("project.deleted")
    gone.when(SaveTimeline(timeline=SECOND)).refused("project.deleted")
    back = gone.when(RestoreProject()).then(ProjectRestored(project_id=PROJECT))
    back.when(RestoreProject()).then_nothing()
    back.when(EditProject(name="Sea", timeline=FIRST)).then_nothing()


def test_what_is_not_there_is_refused() -> None:
    for command in (EditProject(name="x"), SaveTimeline(timeline=FIRST), DeleteProject(), RestoreProject()):
        given(DECIDER).when(command).refused("project.unknown")


@pytest.mark.parametrize(
    "wrong",
    [
        {"layers": [{"text": "x" * LARGEST_TIMELINE}]},
        {"layers": [{}] * 1_001},
        {"markers": [{"at": 2**63}]},
        {"duration": float("inf")},
        {"playheadTime": -1},
        {"zoom": 2},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_timeline_that_cannot_be_kept_is_no_input(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        Timeline.model_validate(wrong)


@quick
@whatever(COMMANDS)
def test_a_repeat_is_no_news_in_any_history(commands: Sequence[ProjectCommand]) -> None:
    for step in played(DECIDER, commands):
        if not step.refused:
            assert decided(DECIDER, step.after, step.command) == "nothing"


@quick
@whatever(COMMANDS)
def test_states_survive_the_ledger(commands: Sequence[ProjectCommand]) -> None:
    remembered = links(DECIDER, SESSION_CATALOG, commands, forgetful=False)
    assert links(DECIDER, SESSION_CATALOG, commands, forgetful=True) == remembered


@quick
@whatever(COMMANDS)
def test_a_document_can_be_kept_and_shows_the_last_of_everything(commands: Sequence[ProjectCommand]) -> None:
    events = events_of(played(DECIDER, commands))
    for document in folded(PROJECTION, events):
        check_document("projects", document)
        named = [e.name for e in events if isinstance(e, ProjectCreated | ProjectEdited) and e.name]
        with_timeline = [n for n, e in enumerate(events, 1) if isinstance(e, ProjectCreated | TimelineSaved)]
        assert (document["name"], document["version"]) == (named[-1], len(events))
        assert document["timelineVersion"] == with_timeline[-1]
        assert document["isDeleted"] == isinstance(events[-1], ProjectDeleted)
