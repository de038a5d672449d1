"""Every event that was changed, as it was, and how it reads today. This folder only ever grows.

Holds  session.py   file sizes that name their unit; an edit that said two things
       project.py   durations in whole milliseconds

A class here is a version that stands in somebody's log: it is never changed, and neither is its golden sample.
docs/evolution.md says how an event is changed.
"""

from typing import Any

from contracts.evolution import Upcaster
from contracts.messages.evolutions import project, session

OF_SESSION_EVENTS: tuple[Upcaster[Any], ...] = (*session.UPCASTERS, *project.UPCASTERS)
OF_RENDER_EVENTS: tuple[Upcaster[Any], ...] = ()
UPCASTERS: tuple[Upcaster[Any], ...] = (*OF_SESSION_EVENTS, *OF_RENDER_EVENTS)
"""By the topic whose events they read, and all of them."""
