"""The verbs of `playhead`: each is listed with its own words, and loads no more than it needs."""

import os
import subprocess
import sys

import pytest

from ops.__main__ import NICE, VERBS, commands
from ops.settings import PROJECT

HEAVY = ("aiokafka", "asyncpg", "av", "fastapi", "faststream", "motor", "services", "structlog")
LOADED = "import sys; from ops.__main__ import run; code = run(sys.argv[1:]); print(*sys.modules); sys.exit(code)"
NICED = "import atexit, os; from ops.__main__ import main; atexit.register(lambda: print(os.nice(0))); main()"
SECONDS = 60


@pytest.mark.parametrize("verb", VERBS)
def test_the_list_says_of_a_verb_what_the_verb_says_of_itself(verb: str) -> None:
    of_itself = commands(verb)[verb].help.partition("\n\n")[0]
    assert VERBS[verb][1] == " ".join(of_itself.split())


@pytest.mark.parametrize("arguments", [["--help"], ["status"], ["down"]])
def test_a_verb_that_talks_to_the_supervisor_alone_loads_no_service_and_no_driver(
    arguments: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    nothing_runs = {"PLAYHEAD_DATA": str(tmp_path_factory.mktemp("nothing"))}
    argv = (sys.executable, "-c", LOADED, *arguments)
    said = subprocess.run(
        argv, cwd=PROJECT, env=nothing_runs, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    loaded = said.stdout.splitlines()[-1].split()
    assert "ops.commands.stack" in loaded or arguments == ["--help"], said.stderr
    assert [name for name in loaded if name in HEAVY] == []


@pytest.mark.parametrize(("verb", "steps_back"), [("verify", True), ("rebuild", True), ("rollback", False)])
def test_a_verb_that_works_long_beside_services_leaves_the_processor_to_them(verb: str, *, steps_back: bool) -> None:
    before = os.nice(0)
    said = subprocess.check_output(
        (sys.executable, "-c", NICED, verb, "--help"), cwd=PROJECT, text=True, timeout=SECONDS
    )
    assert int(said.split()[-1]) == min(19, before + NICE * steps_back)
