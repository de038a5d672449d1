"""How far a long command has come: a bar for each thing that it does, with what is left of its time."""

from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from eventlog.archive.writing import Progress as Told


@contextmanager
def bars() -> Generator[Told]:
    """Draws on standard error, and leaves nothing behind."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        drawn: dict[str, TaskID] = {}

        def told(what: str, done: int, of: int) -> None:
            if what not in drawn:
                drawn[what] = progress.add_task(what, total=of)
            progress.update(drawn[what], completed=done, total=of)

        yield told
