"""What the parts of the stack have in common: an endpoint, a child process, a sentence for each way to fail."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from signal import Signals


class StackError(Exception):
    """A part cannot be had or does not start. The message says what, why, and what to do next."""


@dataclass(frozen=True, slots=True)
class Program:
    """How to run one part.

    `ready` returns once the part does its work (not when its port is open) and raises whatever keeps it from that;
    the launcher calls it again until the deadline. `unprivileged`: it refuses to run as root. `nice`: how far it steps
    back once it works, where the machine is busy, from 0 to 19.
    """

    name: str
    argv: tuple[str, ...]
    url: str
    port: int
    ready: Callable[[], Awaitable[None]]
    folder: Path
    environment: dict[str, str]
    deadline: float = 60.0
    stop: Signals = Signals.SIGTERM
    """What asks it to end."""
    unprivileged: bool = False
    nice: int = 0
