"""Keeps, for `playhead requirements`, which tests drive which requirement and whether they passed.

Every run of pytest adds what it saw to `.playhead/requirements.json`; `make test` begins with an empty one.
"""

import json
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).parents[1] / ".playhead" / "requirements.json"
MOST = 87


class Requirements:
    """A plugin. Workers of pytest-xdist send their reports to the one that writes."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, Any]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note which test names which numbers. Raises `UsageError` for a number that there is not."""
        for item in items:
            numbers = sorted({number for mark in item.iter_markers("req") for number in mark.args})
            wrong = [number for number in numbers if not 1 <= number <= MOST]
            if wrong:
                raise pytest.UsageError(f"{item.nodeid} names the requirements {wrong}; they are 1 to {MOST}")
            if numbers:
                item.user_properties.append(("requirements", numbers))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test passed when its call did, and nothing around it failed."""
        numbers = dict(report.user_properties).get("requirements")
        if numbers is None:
            return
        kept = self._seen.setdefault(report.nodeid, {"requirements": numbers, "passed": False})
        if report.failed:
            kept["passed"], kept["failed"] = False, True
        elif report.when == "call" and report.passed:
            kept["passed"] = not kept.get("failed", False)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Add to what earlier runs saw."""
        if hasattr(session.config, "workerinput") or not self._seen:
            return
        FILE.parent.mkdir(exist_ok=True)
        known = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
        FILE.write_text(json.dumps(known | self._seen, indent=1, sort_keys=True), encoding="utf-8")
