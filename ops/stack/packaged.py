"""Programs that installed packages carry."""

import importlib.metadata
import platform
from pathlib import Path

from ops.stack.part import StackError


def find(program: str, *packages: str) -> Path | None:
    """The file of that name among the files of the first of these packages that is installed and has one."""
    for package in packages:
        try:
            files = importlib.metadata.files(package) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        for file in files:
            if file.name == program and (path := Path(str(file.locate()))).is_file():
                return path
    return None


def require(program: str, *packages: str, instead: str) -> Path:
    """The program, or a `StackError` that says what is missing and what to do `instead`."""
    found = find(program, *packages)
    if found is None:
        raise StackError(
            f"no installed package ({' or '.join(packages)}) carries {program} for {platform.system()} on "
            f"{platform.machine()}. Run `make setup`; where there is none for this machine, {instead}."
        )
    return found
