"""What each kind of fault does to a system. When its function returns, the fault is over and what it did is healed."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from tests.chaos.seeds import files, losses, machines, memory, records
from tests.chaos.seeds.plan import Fault
from tests.chaos.seeds.site import Site
from tests.chaos.seeds.wires import Trouble

Happening = Callable[[Site, Fault], Awaitable[None]]

HAPPENINGS: Final[Mapping[str, Happening]] = {
    "service killed": machines.killed,
    "part killed": machines.killed,
    "service restarted": machines.restarted,
    "part restarted": machines.restarted,
    "frozen": machines.stood_still,
    "cut off": partial(machines.troubled, Trouble(requests_held=True, answers_held=True)),
    "answers cut off": partial(machines.troubled, Trouble(answers_held=True)),
    "answers lost": partial(machines.troubled, Trouble(loses=0.05)),
    "connections reset": machines.reset,
    "late": partial(machines.troubled, Trouble(late=0.1)),
    "slow": partial(machines.troubled, Trouble(late=0.8)),
    "joining and leaving": machines.joining_and_leaving,
    "delivered again": records.delivered_again,
    "ledgers lost": records.ledgers_lost,
    "poison": records.poison,
    "cache flushed": files.cache_flushed,
    "file cut short": files.file_cut_short,
    "encoder killed": files.encoder_killed,
    "disk full": machines.disk_full,
    "clock wrong": machines.clock_wrong,
    "loop blocked": machines.loop_blocked,
    "blobs gone": files.blobs_gone,
    "offsets deleted": records.offsets_deleted,
    "ledgers of before": records.ledgers_of_before,
    "backlog": memory.backlog,
    "tail lost": losses.tail_lost,
    "topic recreated": losses.topic_recreated,
    "topic deleted": losses.topic_deleted,
    "byte changed": losses.byte_changed,
}
