"""What came of many runs: numbers, for people and as JSON."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.chaos.seeds.campaign import Run
from tests.chaos.seeds.judge import SETTLED_SECONDS

INVARIANTS = ("I1", "I2", "I3", "I4", "I5", "I6", "I7", "I9", "I10", "I11", "I12", "I13")


def summary(runs: Sequence[Run]) -> dict[str, Any]:
    """All runs together; seconds from the last fault's end to lag 0 as p50, p99 and the longest."""
    fates: Counter[str] = Counter()
    anomalies: Counter[str] = Counter(dict.fromkeys(INVARIANTS, 0))
    for run in runs:
        fates.update(run.fates)
        anomalies.update(one.invariant for one in run.anomalies)
    recovered = sorted(run.recovery for run in runs if run.recovery is not None)
    back: dict[str, list[float]] = {}
    for run in runs:
        for name, seconds in run.back:
            back.setdefault(name, []).append(seconds)
    return {
        "runs": len(runs),
        "operations": fates.total(),
        **{fate: fates[fate] for fate in ("acknowledged", "unknown", "refused")},
        "faults": dict(Counter(fault.kind for run in runs for fault in run.plan.faults)),
        "anomalies": dict(anomalies),
        "recovery": _of(recovered),
        "recoveredInTime": sum(seconds <= SETTLED_SECONDS for seconds in recovered),
        "lossesNoticed": _of(sorted(run.noticed for run in runs if run.noticed is not None)),
        "back": {name: _of(sorted(seconds)) for name, seconds in sorted(back.items())},
    }


def _of(ordered: Sequence[float]) -> dict[str, float | None]:
    """Nearest rank."""
    return {
        name: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None
        for name, share in (("p50", 0.5), ("p99", 0.99), ("longest", 1.0))
    }


def write(folder: Path, runs: Sequence[Run]) -> Path:
    """After every run anew: a campaign that is cut off has told what it knows."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = {"summary": summary(runs), "runs": [run.told() for run in runs]}
    (folder / "report.json").write_text(json.dumps(whole, indent=1, default=str))
    with (folder / "report.txt").open("w") as out:
        show(runs, Console(file=out, width=120))
    return folder / "report.txt"


def show(runs: Sequence[Run], console: Console) -> None:
    """A line for each run, then all of them together, then every anomaly in full."""
    table = Table("seed", "faults", "asked", "acknowledged", "unknown", "refused", "lag 0 after", "anomalies")
    for run in runs:
        fates = [run.fates.get(fate, 0) for fate in ("acknowledged", "unknown", "refused")]
        recovery = "never" if run.recovery is None else f"{run.recovery:.1f} s"
        faults = "\n".join(map(str, run.plan.faults))
        table.add_row(str(run.plan.seed), faults, str(sum(fates)), *map(str, fates), recovery, str(len(run.anomalies)))
    console.print(table)
    for name, told in summary(runs).items():
        words = ", ".join(f"{key} {value}" for key, value in told.items()) if isinstance(told, dict) else told
        console.print(f"{name}: {words}", highlight=False)
    for run in runs:
        for one in run.anomalies:
            console.print(f"seed {run.plan.seed}: {one.invariant}: {one.what}", highlight=False, markup=False)
        for remark in run.remarks:
            console.print(f"seed {run.plan.seed}: {remark}", highlight=False, markup=False)
