HEAD
    async def run(self) -> None:
        """As many as are planned, one after the other."""
        truncations = self.plan.truncations
        for _ in range(self.plan.troubles):
            await asyncio.sleep(self.random.random() * 0.5)
            kind = self.random.choice(self.plan.kinds)
            if kind in LOSSES and not truncations:
                kind = "crash"
            truncations -= kind in LOSSES
            actor = self.random.choice(self.actors)
            getattr(self, f"_trouble_{kind}")(actor)
            self.say("world", f"fault {kind}")

    def _trouble_crash(self, actor: Actor) -> None:
        self.say("world", f"{actor.name} is killed")
        self.crash(actor)

    def _trouble_freeze(self, actor: Actor) -> None:
        if actor.process is not None:
            seconds = self.random.choice((0.1, 0.5, 3.0)) * self.random.random()
            self.say("world", f"{actor.name} is frozen for {seconds:.2f} s")
            actor.process.freeze(seconds)

    def _trouble_ledger_lost(self, actor: Actor) -> None:
        self.crash(actor)
        self.disk(actor).lose()

    def _trouble_ledger_old(self, actor: Actor) -> None:
        if self.disk(actor).restore(self.random.random()):
            self.crash(actor)

    def _trouble_back_up(self, actor: Actor) -> None:
        self.disk(actor).back_up()

    def _trouble_offsets_lost(self, actor: Actor) -> None:
        self.group(actor.role, actor.partition).now = None
        self.crash(actor)

    def _trouble_offsets_old(self, actor: Actor) -> None:
        group = self.group(actor.role, actor.partition)
        if group.history:
            group.now = self.random.choice(group.history)
        self.crash(actor)

    def _trouble_bookmark_lost(self, actor: Actor) -> None:
        group = self.group(actor.role, actor.partition)
        if group.now is not None:
            group.now = group.now._replace(metadata="")
        self.crash(actor)

    def _trouble_leader(self, actor: Actor) -> None:
        self.events.generations[actor.partition] += 1
        self.events.wake(actor.partition)

    def _trouble_stranger(self, actor: Actor) -> None:
        """A record that nobody of ours wrote, or an old one once more."""
        records = self.events.partitions[actor.partition]
        if self.random.random() < 0.5:
            self.events.put(actor.partition, [Link(*self.random.choice(records)[1:])])
        else:
            self.events.put(actor.partition, [Link(b"account-0", b"?", b"", b"")])

    def _trouble_truncate(self, actor: Actor) -> None:
        records = self.events.partitions[actor.partition]
        length = self.random.randrange(max(1, len(records) - 6), len(records) + 1)
        self.say("world", f"events[{actor.partition}] loses offsets {length} to {len(records) - 1}")
        self.events.truncate(actor.partition, length)
        if self.random.random() < 0.3:
            self.crash(actor)

    def _trouble_recreate(self, actor: Actor) -> None:
        self.say("world", f"events[{actor.partition}] is deleted and created anew")
        self.events.truncate(actor.partition, 0)
        self.events.put(actor.partition, [genesis(self.events.name, actor.partition, len(self.noticed) + 1)])

    def _trouble_commands_truncate(self, actor: Actor) -> None:
        records = self.commands.partitions[actor.partition]
        length = self.random.randrange(max(0, len(records) - 4), len(records) + 1)
        length = max(length, self.commands.beginnings[actor.partition])
        self.say("world", f"commands[{actor.partition}] loses offsets {length} to {len(records) - 1}")
        self.commands.truncate(actor.partition, length)

    def _trouble_retention(self, actor: Actor) -> None:
        """Commands are not kept for ever, but longer than it takes to handle them."""
        done = {commit.command_id for _, commit in counted_commits(self.events, actor.partition)}
        handled = 0
        for record in self.commands.partitions[actor.partition]:
            command = command_in(record)
            if command is not None and command.id not in done:
                break
            handled += 1
        self.commands.expire(actor.partition, int(handled * self.random.random()))

    def _trouble_outage(self, actor: Actor) -> None:
        """The broker refuses appends, or does not answer at all."""
        if self.plan.requests_fail:
            self.faults = self.random.choice((NO_APPENDS, NO_ANSWERS))
            asyncio.get_running_loop().call_later(self.random.random() * 2, self._end_outage)

    def _end_outage(self) -> None:
        if self.faults:
            self.faults = FAULTS

    def _trouble_replace(self, actor: Actor) -> None:
        """Its partition goes to another process of the same host while it sleeps; then it wakes up."""
        self._trouble_freeze(actor)
        if len(self.actors) < MOST_ACTORS:
            number = sum(one.role == actor.role for one in self.actors)
            self.actors.append(self._actor(actor.role, actor.partition, number, actor.code.version, actor.host))
            self.start(self.actors[-1])

