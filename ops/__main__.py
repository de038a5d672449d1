"""`playhead`: the operator's command. Exit codes: 0 fine, 1 found something wrong, 2 usage, 3 a part is away."""

import os
import sys
from collections.abc import Mapping

from cyclopts import App, CycloptsError

from eventlog.errors import PlayheadError, Unavailable
from ops.stack.part import StackError

FINE, WRONG, USAGE, AWAY = 0, 1, 2, 3

COMMANDS = "ops.commands."
VERBS: Mapping[str, tuple[str, str]] = {
    "up": ("stack:up", "Start what is not running, in the background, and wait until all of it works."),
    "down": ("stack:down", "Stop the services, then the parts; return when nothing is left. The data is kept."),
    "status": (
        "stack:status",
        "What runs, where, for how long, in how much memory. Exit 0: all fine, 1: something is wrong, 3: nothing runs.",
    ),
    "demo": ("demo:demo", "Start everything, make one video, show what was recorded on the way."),
    "topics": (
        "setup:topics",
        "Make the topics that are missing and begin each chain with a genesis commit; check those that are there.",
    ),
    "migrate": ("migrating:app", "Bring tables and collections up to this version."),
    "seed": (
        "seeding:seed",
        "Make the demo user, his API key and the default presets where there are none, and say where the key is kept.",
    ),
    "projections": (
        "projections:projections",
        "Every projector: its store, the versions of its folds, its generation, how far it is behind, and any rebuild.",
    ),
    "rebuild": (
        "rebuilding:rebuild",
        "Make a projector's documents or tables again from the log, beside those that are read; compare; switch.",
    ),
    "rollback": (
        "rebuilding:rollback",
        "Go back to the generation before the last switch, once it has read what came since. The other one is kept.",
    ),
    "erase": (
        "erasing:erase",
        "Close an account and erase whose it was: the key goes, then every document, row and file; say what went.",
    ),
    "reset": (
        "resetting:reset",
        "Empty documents and tables, and fill them again from the log, which is kept. No service may run meanwhile.",
    ),
    "backup": (
        "backup:backup",
        "Copy the log and the bytes that it names into a folder, and verify the copy. Services may run meanwhile.",
    ),
    "restore": (
        "backup:restore",
        "Bring a backup into an empty stack whose services do not run: `playhead up --parts-only` starts one.",
    ),
    "archive": (
        "archiving:archive",
        "Copy what is new of the log into an archive. Services may run meanwhile; run it as often as you like.",
    ),
    "maintenance": ("maintenance:app", "Clean up, compare with what should be, measure."),
    "log": ("log:app", "Look at the log, check it."),
    "verify": (
        "verify:verify",
        "Verify every chain, and every document and row against the fold of the log. Services may run meanwhile.",
    ),
    "parked": ("parking:app", "Streams that wait: list, show, redrive, discard."),
    "operations": (
        "operations:operations",
        "Who did what with `playhead`, when, and what came of it; the newest first.",
    ),
    "replay": (
        "replaying:replay",
        "Fold the log as it was at a time, into a place beside the live documents and tables, or only to compare.",
    ),
    "bench": ("bench:bench", "Measure. Exit 1 where a goal was missed or a result was wrong."),
    "contracts": ("contracts:app", "Guard the messages and calls that were published."),
    "requirements": (
        "requirements:requirements",
        "Print every requirement with its tests, as `make test` saw them last. Exit 1 where one is not met.",
    ),
}
"""Verb to where it is and what the list of verbs says of it. A verb is loaded when it is asked for: together they need
every service and every driver, and seconds to load."""

STEPS_BACK = {"rebuild", "verify", "archive", "backup", "replay"}
NICE = 10
"""On a busy machine, of verbs that work long beside services: people wait for those."""


def commands(verb: str = "") -> App:
    """All verbs. `verb` is loaded and tells about itself at length; of the others the list tells, without them."""
    app = App(name="playhead", help="Run, watch and check Playhead.", result_action="return_value")
    for name, (where, sentence) in VERBS.items():
        app.command(COMMANDS + where, name=name, help=None if name == verb else sentence)
    return app


def main() -> None:
    """Run one command; an error is a sentence on standard error and an exit code."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in STEPS_BACK:
        os.nice(NICE)
    sys.exit(run(arguments))


def run(arguments: list[str]) -> int:
    """The exit code of one command line."""
    verb = arguments[0] if arguments else ""
    if verb in VERBS and not VERBS[verb][0].startswith("stack:"):
        from ops.quiet import log_errors_alone  # noqa: PLC0415 - takes as long to load as all that `--help` needs

        log_errors_alone()
    try:
        code = commands(verb)(arguments, exit_on_error=False, print_error=True)
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
