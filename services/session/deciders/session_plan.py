"""The plan of whoever asks for work goes with the work: what a session asks for is told with it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from contracts.messages.session import (
    DeriveSession,
    RequestStages,
    SessionCommand,
    SessionDerived,
    SessionEvent,
    StagesRequested,
    StartSession,
    TakeStep,
)

State = TypeVar("State")
Decide = Callable[[State, SessionCommand, datetime], Sequence[SessionEvent]]


def on_plans(decide: Decide[State]) -> Decide[State]:
    """The same rules; work that a command asks for is on the command's plan."""

    def planned(state: State, command: SessionCommand, at: datetime) -> Sequence[SessionEvent]:
        events = decide(state, command, at)
        match command:
            case StartSession(plan=plan) | RequestStages(plan=plan) | TakeStep(plan=plan) | DeriveSession(plan=plan):
                return [_on(plan, event) for event in events]
            case _:
                return events

    return planned


def _on(plan: str, event: SessionEvent) -> SessionEvent:
    if isinstance(event, StagesRequested | SessionDerived) and event.plan != plan:
        return event.model_copy(update={"plan": plan})
    return event
