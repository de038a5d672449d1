"""`playhead`: the operator's command. Exit codes: 0 fine, 1 found something wrong, 2 usage, 3 a part is away."""

import logging
import sys

import structlog
from cyclopts import App, CycloptsError

from eventlog.errors import PlayheadError, Unavailable
from ops.commands import (
    backup,
    bench,
    contracts,
    demo,
    log,
    maintenance,
    migrating,
    rebuilding,
    requirements,
    resetting,
    setup,
    stack,
    verify,
)
from ops.stack.part import StackError

FINE, WRONG, USAGE, AWAY = 0, 1, 2, 3

app = App(name="playhead", help="Run, watch and check Playhead.", result_action="return_value")
app.command(stack.up)
app.command(stack.down)
app.command(stack.status)
app.command(demo.demo)
app.command(setup.topics)
app.command(migrating.app)
app.command(setup.seed)
app.command(rebuilding.projections)
app.command(rebuilding.rebuild)
app.command(rebuilding.rollback)
app.command(resetting.reset)
app.command(backup.backup)
app.command(backup.restore)
app.command(maintenance.app)
app.command(log.app)
app.command(verify.verify)
app.command(bench.bench)
app.command(contracts.app)
app.command(requirements.requirements)


def main() -> None:
    """Run one command; an error is a sentence on standard error and an exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """The exit code of one command line. Standard output is the command's own: the machinery's log goes elsewhere."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        code = app(arguments, exit_on_error=False, print_error=True)
    except CycloptsError:
        return USAGE
    except StackError as error:
        return _told(error, AWAY)
    except Unavailable as error:
        return _told(f"{error}. `playhead status` shows what runs; `playhead up` starts what does not.", AWAY)
    except PlayheadError as error:
        return _told(error, WRONG)
    except KeyboardInterrupt:
        return _told("stopped", 130)
    return code if isinstance(code, int) else FINE


def _told(what: object, code: int) -> int:
    print(f"playhead: {what}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
