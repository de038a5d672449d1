"""One-line faults that must never live, and the test that kills each of them.

A mutant is a part of Playhead with one line changed: its killer passes with the real part and shows what the mutant
breaks. `pytest -m mutant` runs them all; `test_table.py` fails where a killer is gone or was made for something else.
"""

from collections.abc import Mapping
from typing import Final

_CONDITIONS: Final = "tests/eventlog/test_conditions.py"
_READERS: Final = "tests/eventlog/test_conditions_of_readers.py"
_BY_SEED: Final = (
    "tests/eventlog/test_conditions_by_seed.py::test_without_its_condition_the_protocol_fails_within_sixty_seeds"
)
_BY_PLAN: Final = (
    "tests/eventlog/test_conditions_by_plan.py::test_without_its_condition_the_protocol_fails_and_with_it_it_does_not"
)
_HERE: Final = "tests/mutants/test_beside_the_protocol.py"

KILLERS: Final[Mapping[str, str]] = {
    "refusals do not move the head": f"{_CONDITIONS}::test_every_commit_moves_the_head_a_refusal_too",
    "group offset moved before acceptance was seen": (
        f"{_BY_SEED}[the commands' group offset moves only past what was seen accepted]"
    ),
    "checkpoint outside the transaction": f"{_BY_PLAN}[checkpoint and views are one transaction]",
    "no dedupe by command id": f"{_CONDITIONS}::test_a_command_that_is_delivered_twice_has_one_outcome",
    "handled ids pruned": f"{_CONDITIONS}::test_handled_ids_are_kept_as_long_as_the_partition_lives",
    "ledger write unguarded": f"{_CONDITIONS}::test_an_unguarded_ledger_goes_back_and_calls_a_healthy_log_corrupt",
    "accepting only what is understood": f"{_CONDITIONS}::test_accepting_comes_before_understanding",
    "no head check at a fetch": f"{_READERS}::test_whoever_lost_its_tail_does_not_accept_its_own_orphan",
    "stale epoch accepted": f"{_HERE}::test_what_a_worker_says_after_its_turn_is_refused",
    "clock in a projection": f"{_HERE}::test_a_document_that_knows_when_it_was_written_is_found",
    "upcaster dropped": (
        "tests/contracts/test_evolutions.py::test_a_service_without_an_upcaster_does_not_start_and_names_it"
    ),
    "unordered writes for ordered ones": f"{_BY_PLAN}[views are written in the order of the log]",
    "outcome written apart from documents": f"{_BY_PLAN}[outcomes and views are one transaction]",
    "a parked stream does not block its successors": f"{_BY_PLAN}[a parked stream blocks its successors]",
    "breaker removed": f"{_HERE}::test_a_deploy_that_understands_nothing_parks_nothing",
}
"""Mutant to the node id of its killer."""
