"""`playhead maintenance cleanup | validate | benchmark`: the seeds' three chores."""

import json
from typing import Annotated

from cyclopts import App, Parameter, validators
from rich.console import Console
from rich.table import Table

from ops.commands.options import Json
from ops.commands.progress import bars
from ops.commands.reach import documents, endpoints, mongo, postgres
from ops.maintenance import benchmark as timing
from ops.maintenance import catalogue, cleanup
from ops.operations import recorded
from ops.settings import OpsSettings

FINE, WRONG = 0, 1
APPLICATION = "playhead-maintenance"

app = App(name="maintenance", help="Clean up, compare with what should be, measure.", result_action="return_value")
Runs = Annotated[int, Parameter(validator=validators.Number(gte=1, lte=100_000))]


@app.command(name="cleanup")
async def clean_up(*, dry_run: bool = False, as_json: Json = False) -> int:
    """Do now what the sweeps do by the clock: sessions and jobs whose time is over, and bytes that nothing names.

    Parameters
    ----------
    dry_run
        Count, and change nothing.
    """
    settings = OpsSettings()
    async with (
        mongo(settings, APPLICATION) as database,
        postgres(settings, APPLICATION) as pool,
        recorded(settings, "maintenance cleanup", dry_run=dry_run),
    ):
        with Console(stderr=True).status("looking for what is due"):
            cleaned = await cleanup.clean(settings, database, pool, dry_run=dry_run)
    if as_json:
        print(json.dumps({"dryRun": dry_run, **cleaned._asdict()}))
        return FINE
    would = "would be " if dry_run else ""
    print(f"sessions: {cleaned.deleted_sessions} {would}asked to go")
    print(f"jobs past their deadline: {cleaned.expired_jobs} {would}asked to expire")
    print(f"jobs that ended long ago: {cleaned.forgotten_jobs} {would}asked to go, with their files")
    print(f"bytes that nothing names: {cleaned.collected_blobs} {'blobs would be ' if dry_run else 'blobs '}deleted")
    return FINE


@app.command
async def validate(*, as_json: Json = False) -> int:
    """Compare tables, columns, indexes, constraints, policies, views and functions of PostgreSQL with what the
    migrations make, and collections, validators and indexes of MongoDB with what the contracts say.

    Nothing is changed; the migrations are applied to an empty database beside the real one, which is gone afterwards.
    Exit 1 names each difference.
    """
    settings = OpsSettings()
    with Console(stderr=True).status("comparing"):
        found = await catalogue.of_postgres(endpoints(settings).postgres)
        async with mongo(settings, APPLICATION) as database:
            found += await catalogue.of_mongo(database)
    if as_json:
        print(json.dumps({"differences": [one._asdict() for one in found]}))
    elif found:
        print("\n".join(map(str, found)))
        print(f"{len(found)} difference(s). `playhead migrate status` says whether a migration is missing.")
    else:
        print("PostgreSQL and MongoDB are as this version wants them")
    return WRONG if found else FINE


@app.command
async def benchmark(*, runs: Runs = 200, as_json: Json = False) -> int:
    """Time connecting, point reads, lists and writes of both stores; writes are taken back.

    Parameters
    ----------
    runs
        How often each is done; connecting ten times at most.
    """
    settings = OpsSettings()
    where = endpoints(settings)
    figures: list[timing.Timing] = []
    async with mongo(settings, APPLICATION) as database, postgres(settings, APPLICATION) as pool:
        every = timing.operations(where.postgres, pool, where.mongodb, documents(settings), database, runs)
        with bars() as told:
            for one in every:
                what = f"{one.store}: {one.operation}"
                figures.append(await timing.measure(one, lambda done, what=what, of=one.runs: told(what, done, of)))
    if as_json:
        print(json.dumps({"figures": [timing.as_dict(figure) for figure in figures]}))
    else:
        _show(figures)
    return WRONG if any(figure.missing for figure in figures) else FINE


def _show(figures: list[timing.Timing]) -> None:
    table = Table("store", "operation", "runs", "p50 ms", "p95 ms", "p99 ms", "max ms")
    for one in figures:
        times = (
            [f"{value:.2f}" for value in (one.p50, one.p95, one.p99, one.most)] if not one.missing else [one.missing]
        )
        table.add_row(one.store, one.operation, str(one.runs), *times)
    Console().print(table)
