"""A storm over one system: commands at a steady rate, and processes that end meanwhile; then calm, and everything is
counted and judged."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from contracts.topics import COMMANDS_OF
from eventlog.errors import Corrupt
from eventlog.kafka import KafkaAccess, KafkaSender
from eventlog.tasks import plain_errors
from tests.chaos.goals.goal import Outcome, Tell
from tests.chaos.goals.promises import once_and_in_order, recovered, sound
from tests.chaos.goals.rounds import rounds
from tests.chaos.goals.sending import Sending
from tests.chaos.goals.victims import Strikes
from tests.chaos.seeds.anomaly import Anomaly
from tests.chaos.seeds.judge import judged, settled, watch
from tests.chaos.seeds.load import Load, Wish
from tests.chaos.seeds.records import histories_of
from tests.chaos.seeds.site import Site

TELL_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Storm:
    """`commands`: at least so many, `rate` a second, of so many `stories`; `ends`: of each process, at least so many;
    `most`: seconds until no more commands are sent, whatever came of it."""

    seed: int
    stories: int
    commands: int
    rate: float
    ends: int
    most: float = 480.0


async def weathered(
    storm: Storm,
    site: Site,
    victims: Collection[str],
    strikes: Strikes,
    outcome: Outcome,
    tell: Tell,
    load: Load | None = None,
) -> None:
    """The storm, to its end, and what it left; each promise that was not kept is in `outcome.missed`.

    `victims`: whom the `strikes` meet; `load`: further wishes, through the gateway.
    """
    sender = KafkaSender(KafkaAccess(site.system.endpoints.kafka, client_id="playhead-chaos"), COMMANDS_OF)
    sending, anomalies = Sending(sender, storm.rate), list[Anomaly]()
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        with plain_errors():
            async with _looked_at(storm, site, sending, anomalies, tell), asyncio.TaskGroup() as group:
                group.create_task(_sent(storm, site, sending, victims))
                group.create_task(_struck(strikes, sending))
                if load is not None:
                    group.create_task(load.run())
        outcome.figures["storm, s"] = round(loop.time() - began, 1)
        await _calm(site, sending, outcome, anomalies, tell, load)
    except AssertionError as error:
        anomalies.append(Anomaly("I12", str(error)))
    except Corrupt as error:
        anomalies.append(Anomaly("I5", str(error)))
    finally:
        await sender.close()
    outcome.figures["batches sent again"] = sending.again
    recovered(outcome, site.back, victims, storm.ends)
    sound(outcome, anomalies)


async def _struck(strikes: Strikes, sending: Sending) -> None:
    await strikes(lambda: sending.over)


async def _sent(storm: Storm, site: Site, sending: Sending, victims: Collection[str]) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + storm.most

    def enough() -> bool:
        ended = Counter(name for name, _ in site.back)
        done = len(sending.sent) >= storm.commands and all(ended[name] >= storm.ends for name in victims)
        return done or loop.time() > until

    await sending.run(rounds(storm.stories, storm.seed), enough)


async def _calm(
    site: Site, sending: Sending, outcome: Outcome, anomalies: list[Anomaly], tell: Tell, load: Load | None
) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    waiting = (await histories_of(site))["session"].undecided()
    outcome.figures["commands not yet decided when the last process was back"] = len(waiting)
    await site.system.healed()
    if load is not None:
        await load.again()
    try:
        await settled(site.system, tell)
        outcome.figures["lag 0 after s"] = round(loop.time() - began, 1)
        # Once more: what a policy asked for only after the first look has to be decided, too.
        histories = await settled(site.system, tell)
    except AssertionError as error:
        anomalies.append(Anomaly("I12", str(error)))
        histories = await histories_of(site)  # what is lost is counted all the same
    tell("counting and judging")
    once_and_in_order(outcome, sending.sent, sending.acknowledged, histories["session"])
    wishes: Sequence[Wish] = load.wishes if load is not None else ()
    anomalies += await judged(site.system, wishes, histories)


@asynccontextmanager
async def _looked_at(
    storm: Storm, site: Site, sending: Sending, anomalies: list[Anomaly], tell: Tell
) -> AsyncGenerator[None]:
    """Meanwhile no checkpoint may go back, and whoever watches hears how far it is."""

    async def told() -> None:
        while True:
            ended = ", ".join(f"{name} {count}" for name, count in Counter(name for name, _ in site.back).items())
            tell(f"{len(sending.acknowledged)} of {storm.commands} commands acknowledged; ended: {ended or 'none yet'}")
            await asyncio.sleep(TELL_SECONDS)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(told()), group.create_task(watch(site.system, anomalies))]
        yield
        for task in tasks:
            task.cancel()
