"""What goes wrong in a world beside its requests: processes, disks, group offsets, and the log itself."""

import asyncio
from random import Random

from eventlog.commit import Link
from tests.simulator.counted import counted_commits
from tests.simulator.plan import LOSSES
from tests.simulator.process import FAULTS, NO_ANSWERS, NO_APPENDS
from tests.simulator.sender import command_in
from tests.simulator.world import Actor, World

MOST_ACTORS = 16


class Troubles:
    """One method a kind; each happens to one actor, or to its partition."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._random = Random(f"{world.plan.seed}:troubles")
        self._lives = 0

    async def run(self) -> None:
        """As many as are planned, one after the other."""
        truncations = self._world.plan.truncations
        for _ in range(self._world.plan.troubles):
            await asyncio.sleep(self._random.random() * 0.5)
            kind = self._random.choice(self._world.plan.kinds)
            if kind in LOSSES and not truncations:
                kind = "crash"
            truncations -= kind in LOSSES
            actor = self._random.choice(self._world.actors)
            getattr(self, kind)(actor)
            self._world.say("world", f"fault {kind}")

    def crash(self, actor: Actor) -> None:
        self._world.say("world", f"{actor.name} is killed")
        self._world.crash(actor)

    def freeze(self, actor: Actor) -> None:
        if actor.process is not None:
            seconds = self._random.choice((0.1, 0.5, 3.0)) * self._random.random()
            self._world.say("world", f"{actor.name} is frozen for {seconds:.2f} s")
            actor.process.freeze(seconds)

    def ledger_lost(self, actor: Actor) -> None:
        self._world.crash(actor)
        self._world.disk(actor).lose()

    def ledger_old(self, actor: Actor) -> None:
        if self._world.disk(actor).restore(self._random.random()):
            self._world.crash(actor)

    def back_up(self, actor: Actor) -> None:
        self._world.disk(actor).back_up()

    def offsets_lost(self, actor: Actor) -> None:
        self._world.group(actor.role, actor.partition).now = None
        self._world.crash(actor)

    def offsets_old(self, actor: Actor) -> None:
        group = self._world.group(actor.role, actor.partition)
        if group.history:
            group.now = self._random.choice(group.history)
        self._world.crash(actor)

    def bookmark_lost(self, actor: Actor) -> None:
        group = self._world.group(actor.role, actor.partition)
        if group.now is not None:
            group.now = group.now._replace(metadata="")
        self._world.crash(actor)

    def leader(self, actor: Actor) -> None:
        self._world.events.generations[actor.partition] += 1
        self._world.events.wake(actor.partition)

    def stranger(self, actor: Actor) -> None:
        """A record that nobody of ours wrote, or an old one once more."""
        records = self._world.events.partitions[actor.partition]
        if self._random.random() < 0.5:
            self._world.events.put(actor.partition, [Link(*self._random.choice(records)[1:])])
        else:
            self._world.events.put(actor.partition, [Link(b"account-0", b"?", b"", b"")])

    def truncate(self, actor: Actor) -> None:
        records = self._world.events.partitions[actor.partition]
        length = self._random.randrange(max(1, len(records) - 6), len(records) + 1)
        self._world.say("world", f"events[{actor.partition}] loses offsets {length} to {len(records) - 1}")
        self._world.events.truncate(actor.partition, length)
        if self._random.random() < 0.3:
            self._world.crash(actor)

    def recreate(self, actor: Actor) -> None:
        self._world.say("world", f"events[{actor.partition}] is deleted and created anew")
        self._world.events.truncate(actor.partition, 0)
        self._world.events.put(
            actor.partition,
            [self._world.parts.genesis(self._world.events.name, actor.partition, len(self._world.noticed) + 1)],
        )

    def commands_truncate(self, actor: Actor) -> None:
        records = self._world.commands.partitions[actor.partition]
        length = self._random.randrange(max(0, len(records) - 4), len(records) + 1)
        length = max(length, self._world.commands.beginnings[actor.partition])
        self._world.say("world", f"commands[{actor.partition}] loses offsets {length} to {len(records) - 1}")
        self._world.commands.truncate(actor.partition, length)

    def retention(self, actor: Actor) -> None:
        """Commands are not kept for ever, but longer than it takes to handle them."""
        done = {commit.command_id for _, commit in counted_commits(self._world.events, actor.partition)}
        handled = 0
        for record in self._world.commands.partitions[actor.partition]:
            command = command_in(record)
            if command is not None and command.id not in done:
                break
            handled += 1
        self._world.commands.expire(actor.partition, int(handled * self._random.random()))

    def outage(self, actor: Actor) -> None:
        """The broker refuses appends, or does not answer at all."""
        if self._world.plan.requests_fail:
            self._world.faults = self._random.choice((NO_APPENDS, NO_ANSWERS))
            asyncio.get_running_loop().call_later(self._random.random() * 2, self._end_outage)

    def _end_outage(self) -> None:
        if self._world.faults:
            self._world.faults = FAULTS

    def replace(self, actor: Actor) -> None:
        """Its partition goes to another process of the same host while it sleeps; then it wakes up."""
        self.freeze(actor)
        if len(self._world.actors) < MOST_ACTORS:
            number = sum(one.role == actor.role for one in self._world.actors)
            self._world.actors.append(
                self._world.actor(actor.role, actor.partition, number, actor.code.version, actor.host)
            )
            self._world.start(self._world.actors[-1])
