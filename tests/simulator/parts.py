"""What a world is made of. A mutant is a world with one part taken from a subclass."""

from collections.abc import Callable
from dataclasses import dataclass

from eventlog.commit import Link
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.projector import ProjectorLane
from eventlog.read.projector_runner import ProjectorRunner
from eventlog.write.command_runner import CommandRunner
from eventlog.write.lane import Lane
from eventlog.write.ledger import MemoryLedger
from eventlog.write.policy import PolicyLane
from eventlog.write.policy_runner import PolicyRunner
from tests.simulator.domain import genesis
from tests.simulator.keep import SimDisk, SimStore
from tests.simulator.log import SimLog
from tests.simulator.sender import SimSender


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts under test first, then those of the world around them."""

    lane: type[Lane] = Lane
    policy_lane: type[PolicyLane] = PolicyLane
    projector_lane: type[ProjectorLane] = ProjectorLane
    command_runner: type[CommandRunner] = CommandRunner
    policy_runner: type[PolicyRunner] = PolicyRunner
    projector_runner: type[ProjectorRunner] = ProjectorRunner
    ledger: type[MemoryLedger] = MemoryLedger
    views: type[MemoryProjectionStore] = MemoryProjectionStore
    disk: type[SimDisk] = SimDisk
    log: type[SimLog] = SimLog
    store: type[SimStore] = SimStore
    sender: type[SimSender] = SimSender
    genesis: Callable[[str, int, int], Link] = genesis
