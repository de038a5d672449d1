"""`playhead bench`: how fast, beside what limits it, and whether the result was right."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from eventlog import collector
from eventlog.tasks import plain_errors
from ops.bench import archive, cache, gateway, log, rebuilds, render, under_load, visible
from ops.bench.measure import Figure, show
from ops.commands.options import Json
from ops.commands.reach import kafka
from ops.settings import OpsSettings
from ops.stack.part import StackError

FINE, WRONG, USAGE = 0, 1, 2


async def _log() -> list[Figure]:
    settings = OpsSettings()
    with TemporaryDirectory(dir=settings.data_dir) as folder:
        return [await log.decide_and_append(kafka(settings), Path(folder)), await log.verify_and_fold()]


async def _archive() -> list[Figure]:
    with TemporaryDirectory(dir=OpsSettings().data_dir) as folder:
        return await archive.figures(Path(folder))


async def _visible() -> list[Figure]:
    return [await visible.command_to_document(OpsSettings())]


async def _render() -> list[Figure]:
    with TemporaryDirectory(dir=OpsSettings().data_dir) as folder:
        return [await render.overhead(Path(folder))]


async def _gateway() -> list[Figure]:
    settings = OpsSettings()
    return [*await gateway.accepted_and_read(settings), await cache.cached_read(settings)]


async def _rivals() -> list[Figure]:
    try:
        from ops.bench.rivals import everything  # noqa: PLC0415 - the rivals are packages that only the benchmarks need
    except ModuleNotFoundError as error:
        raise StackError(f"{error.name} is not installed. `make setup` installs the rivals.") from error
    settings = OpsSettings()
    with TemporaryDirectory(dir=settings.data_dir) as folder:
        return await everything.figures(settings, Path(folder), _tell)


def _tell(what: str, done: int, of: int) -> None:
    """A line for each quarter, above whatever is drawn."""
    if done * 4 // of > (done - 1) * 4 // of:
        Console(stderr=True).print(f"{what}: {done} of {of}", highlight=False)


async def _mongo() -> list[Figure]:
    return await rebuilds.documents_rebuilt(OpsSettings())


async def _postgres() -> list[Figure]:
    return await rebuilds.tables_rebuilt(OpsSettings())


SUITES: Mapping[str, Callable[[], Awaitable[list[Figure]]]] = {
    "log": _log,
    "archive": _archive,
    "visible": _visible,
    "render": _render,
    "gateway": _gateway,
    "mongo": _mongo,
    "postgres": _postgres,
    "rivals": _rivals,
}


async def bench(*what: str, commits: int = 0, throttle: int = 0, as_json: Json = False) -> int:
    """Measure. Exit 1 where a goal was missed or a result was wrong.

    Parameters
    ----------
    what
        log, archive, visible, render, gateway, rebuild, rivals, mongo, postgres, or all.
    commits
        `rebuild` fills the log of sessions up to so many commits before it begins. They stay there.
    throttle
        `rebuild` folds so many records a second, as `playhead rebuild --throttle` does; 0 for as many as it can.
    """
    suites = {**SUITES, "rebuild": lambda: under_load.rebuilt_under_load(OpsSettings(), commits, throttle, _tell)}
    chosen = list(suites) if what in ((), ("all",)) else list(what)
    if unknown := [name for name in chosen if name not in suites]:
        print(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(suites)} and all")
        return USAGE
    collector.settle()  # as every service does
    console = Console(stderr=True)
    figures: list[Figure] = []
    for name in chosen:
        with console.status(f"measuring {name}"), plain_errors():
            figures += await suites[name]()
    if as_json:
        for figure in figures:
            print(figure.as_json())
    else:
        show(figures, Console())
    return FINE if all(figure.reached for figure in figures) else WRONG
