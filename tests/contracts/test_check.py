"""The guard of the contracts: each way in which a published message can be broken is named, and what to do."""

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field

from contracts.catalog import Catalog, Upcaster
from contracts.check import SUMS, Incompatible, check, write
from contracts.messages import CATALOG
from contracts.model import CommandBody, EventBody, Personal
from ops.commands.contracts import app


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


class OnlySmall(StrEnum):
    SMALL = "small"


class Grow(CommandBody):
    TYPE: ClassVar[str] = "Grow"
    by: int = 1


class Grown(EventBody):
    TYPE: ClassVar[str] = "tree.grown"
    by: int
    size: Size = Size.SMALL
    owner: Personal = ""
    tags: tuple[str, ...] = ()


PUBLISHED = Catalog([Grow], [Grown])


def event(fields: Mapping[str, Any], version: int = 1) -> type[EventBody]:
    """`tree.grown` as somebody changed it: `None` takes a field away."""
    before: dict[str, Any] = {
        "by": int,
        "size": (Size, Size.SMALL),
        "owner": (Personal, ""),
        "tags": (tuple[str, ...], ()),
    }
    kept = {name: one for name, one in (before | dict(fields)).items() if one is not None}
    body: dict[str, Any] = {
        "__module__": __name__,
        "__annotations__": {"TYPE": ClassVar[str], "VERSION": ClassVar[int]},
    }
    for name, one in kept.items():
        kind, *default = one if isinstance(one, tuple) else (one,)
        body["__annotations__"][name] = kind
        if default:
            body[name] = default[0]
    return type("Grown", (EventBody,), body | {"TYPE": "tree.grown", "VERSION": version})


def catalog(body: type[EventBody], upcasters: Mapping[tuple[str, int], Upcaster] | None = None) -> Catalog:
    return Catalog([Grow], [body], upcasters)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What `write` makes of the published messages."""
    write(PUBLISHED, tmp_path)
    return tmp_path


def only(findings: Iterable[str]) -> str:
    (finding,) = findings
    return finding


@pytest.mark.req(84)
def test_what_is_committed_fits_the_code() -> None:
    assert check() == []
    assert app(["check"]) == 0


def test_every_message_has_a_schema_and_every_event_a_sample() -> None:
    folder = Path(check.__globals__["FOLDER"])
    schemas = {file.name for file in (folder / "schemas").iterdir()}
    samples = {file.name for file in (folder / "golden").iterdir()} - {SUMS}
    events = {f"{one.TYPE}.v{one.VERSION}.json" for one in CATALOG.events.values()}
    assert samples == events
    assert schemas == events | {f"{one.TYPE}.v{one.VERSION}.json" for one in CATALOG.commands.values()}


def test_writing_twice_writes_nothing_and_gives_the_same_bytes_elsewhere(folder: Path, tmp_path: Path) -> None:
    assert write(PUBLISHED, folder) == []
    assert check(PUBLISHED, folder) == []
    again = tmp_path / "again"
    write(PUBLISHED, again)
    for file in (*folder.glob("schemas/*"), *folder.glob("golden/*")):
        assert (again / file.relative_to(folder)).read_bytes() == file.read_bytes()


def test_a_missing_schema_is_named(folder: Path) -> None:
    (folder / "schemas" / "Grow.v1.json").unlink()
    assert only(check(PUBLISHED, folder)) == "schemas/Grow.v1.json is missing: run `playhead contracts write`."


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"by": None}, "by was removed or renamed"),
        ({"by": None, "much": (int, 1)}, "by was removed or renamed"),
        ({"by": str}, "by was integer and is string"),
        ({"by": Annotated[int, Field(ge=1)]}, "by: minimum was none and is 1"),
        ({"size": (OnlySmall, OnlySmall.SMALL)}, "size no longer takes large"),
        ({"size": Size}, "size had a default and has none now"),
        ({"place": str}, "place is new and has no default"),
        ({"owner": (str, "")}, "owner is no longer marked as personal"),
        ({"tags": (tuple[int, ...], ())}, "tags[] was string and is integer"),
    ],
)
def test_an_incompatible_change_is_refused_and_told_what_to_do(
    folder: Path, fields: Mapping[str, Any], problem: str
) -> None:
    changed = catalog(event(fields))
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    broken = [finding for finding in check(changed, folder) if "incompatibly" in finding]
    assert f"tree.grown v1 changed incompatibly: {problem}. " in only(broken)
    assert "raise VERSION of Grown to 2, add an upcaster for ('tree.grown', 1)" in only(broken)
    with pytest.raises(Incompatible) as refused:
        write(changed, folder)
    assert refused.value.findings == broken
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize(
    "fields",
    [
        {"place": (str, "")},
        {"by": (int, 1)},
        {"by": float},
        {"by": int | None},
        {"size": (str, "small")},
        {"tags": (tuple[str | int, ...], ())},
    ],
)
def test_a_compatible_change_asks_to_be_written_and_then_is_fine(folder: Path, fields: Mapping[str, Any]) -> None:
    changed = catalog(event(fields))
    assert "the change is compatible: run `playhead contracts write`" in only(check(changed, folder))
    assert [file.name for file in write(changed, folder)] == ["tree.grown.v1.json"]
    assert check(changed, folder) == []


def test_a_command_that_takes_less_is_refused_without_asking_for_an_upcaster(folder: Path) -> None:
    class Grow(CommandBody):
        TYPE: ClassVar[str] = "Grow"

    finding = only(check(Catalog([Grow], [Grown]), folder))
    assert finding.startswith("Grow v1 changed incompatibly: by was removed or renamed. Undo it, or raise VERSION of")
    assert "upcaster" not in finding


@pytest.mark.req(84)
def test_a_new_version_needs_an_upcaster_and_then_old_samples_are_read_through_it(folder: Path) -> None:
    newer = event({"by": None, "centimeters": int}, version=2)
    missing = check(catalog(newer), folder)
    assert "tree.grown has no upcaster from v1 to v2: contracts/upcasters.py." in missing
    assert any(finding.startswith("golden/tree.grown.v1.json is not understood any more") for finding in missing)
    stepped = catalog(newer, {("tree.grown", 1): lambda old: {**old, "centimeters": old["by"] * 100}})
    assert sorted(file.name for file in write(stepped, folder)) == [SUMS, "tree.grown.v2.json", "tree.grown.v2.json"]
    assert check(stepped, folder) == []


def test_an_upcaster_that_breaks_is_named(folder: Path) -> None:
    newer = event({"by": None, "centimeters": int}, version=2)
    broken = catalog(newer, {("tree.grown", 1): lambda old: {"centimeters": old["height"]}})
    write(broken, folder)
    assert only(check(broken, folder)) == "golden/tree.grown.v1.json breaks an upcaster with KeyError: 'height'."


def test_an_upcaster_to_nowhere_is_named(folder: Path) -> None:
    idle = catalog(Grown, {("tree.grown", 1): lambda old: old})
    assert "the upcaster ('tree.grown', 1) leads to no version" in only(check(idle, folder))


def test_a_version_gap_is_named(folder: Path) -> None:
    stepped = catalog(event({}, version=3), {("tree.grown", 1): lambda old: old, ("tree.grown", 2): lambda old: old})
    write(stepped, folder)
    findings = check(stepped, folder)
    assert any("version gap: tree.grown is at v3 but schemas/tree.grown.v2.json is missing" in one for one in findings)
    assert any(one.startswith("golden/tree.grown.v2.json is missing: restore it") for one in findings)


@pytest.mark.req(84)
def test_a_sample_that_is_missing_changed_or_unlisted_is_named(folder: Path) -> None:
    sample, sums = folder / "golden" / "tree.grown.v1.json", folder / "golden" / SUMS
    bytes_before = sample.read_bytes()
    sample.write_text(json.dumps({"by": 7}), encoding="utf-8")
    assert only(check(PUBLISHED, folder)).startswith("golden/tree.grown.v1.json was changed: restore it")
    sample.unlink()
    assert only(check(PUBLISHED, folder)).startswith("golden/tree.grown.v1.json is missing: restore it")
    sample.write_bytes(bytes_before)
    sums.write_text("", encoding="utf-8")
    assert only(check(PUBLISHED, folder)).startswith(f"golden/tree.grown.v1.json is not named in golden/{SUMS}")


def test_a_message_that_was_taken_out_of_the_code_is_named(folder: Path) -> None:
    findings = check(Catalog([Grow], []), folder)
    assert len(findings) == 2
    assert all("belongs to no message: what was published stays in the catalog" in one for one in findings)


def test_a_version_that_went_back_and_a_stray_file_are_named(folder: Path) -> None:
    (folder / "schemas" / "tree.grown.v2.json").write_text("{}", encoding="utf-8")
    (folder / "schemas" / "notes.json").write_text("{}", encoding="utf-8")
    stray, newer = check(PUBLISHED, folder)
    assert stray == "schemas/notes.json is named for no message: names are <type>.v<n>.json."
    assert newer.startswith("schemas/tree.grown.v2.json is newer than the code, which has tree.grown at v1")
