"""A session whose film is cut of a project's timeline: what it may be asked for, and what not."""

from collections.abc import Sequence

from contracts.rendering import Stage
from eventlog.errors import Refused


def check_stages(stages: Sequence[Stage]) -> None:
    """Refuses every stage but the one that such a film has."""
    if tuple(stages) != (Stage.VIDEO,):
        raise Refused(
            "session.of_timeline", "a project's film has the stage `video` alone: nothing of it is written or spoken"
        )


def refuse_changes() -> Refused:
    """The refusal of other inputs: they stand in the project."""
    return Refused(
        "session.of_timeline",
        "the film is made of a project's timeline: save the timeline as it should be, then render the project",
    )
