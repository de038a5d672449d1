"""The guard of the contracts: each way in which a published message can be broken is named, and what to do."""

import json
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field

from contracts.catalog import Catalog
from contracts.check import SUMS, Incompatible, check, write
from contracts.evolution import Upcaster
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


def catalog(body: type[EventBody], *upcasters: Upcaster[Any]) -> Catalog:
    return Catalog([Grow], [body], upcasters)


def step(old: type[EventBody], body: type[EventBody], into: Callable[[Any], Mapping[str, Any]]) -> Upcaster[Any]:
    """From one class to another, by the fields that the other one wants."""
    return Upcaster(old, lambda event: (body.model_validate(into(event)),))


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
    events = {f"{type_}.v{version}.json" for type_, version in CATALOG.reading()}
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
    assert any(finding.startswith("tree.grown has no upcaster from v1: ") for finding in missing)
    assert any(finding.startswith("golden/tree.grown.v1.json is not understood any more") for finding in missing)
    stepped = catalog(newer, step(Grown, newer, lambda old: {**old.model_dump(), "centimeters": old.by * 100}))
    assert sorted(file.name for file in write(stepped, folder)) == [SUMS, "tree.grown.v2.json", "tree.grown.v2.json"]
    assert check(stepped, folder) == []
    assert (folder / "golden" / "tree.grown.v1.json").exists()


@pytest.mark.req(84)
def test_an_event_that_was_split_leaves_its_name_its_schema_and_its_sample_behind(folder: Path) -> None:
    class Widened(EventBody):
        TYPE: ClassVar[str] = "tree.widened"
        by: int

    class Raised(Widened):
        TYPE: ClassVar[str] = "tree.raised"

    split = Upcaster(Grown, lambda old: (Widened(by=old.by), Raised(by=old.by)))
    after = Catalog([Grow], [Widened, Raised], [split])
    write(after, folder)
    assert check(after, folder) == []
    (folder / "golden" / "tree.grown.v1.json").unlink()
    assert only(check(after, folder)).startswith("golden/tree.grown.v1.json is missing: restore it")
    forgotten = check(Catalog([Grow], [Widened, Raised]), folder)
    assert "schemas/tree.grown.v1.json belongs to no message: what was published stays" in only(forgotten)


def test_a_class_of_an_older_version_that_was_changed_is_named(folder: Path) -> None:
    newer = event({}, version=2)
    changed = event({"tags": None, "labels": (tuple[str, ...], ())})
    tampered = catalog(newer, step(changed, newer, lambda old: {"by": old.by}))
    write(tampered, folder)
    finding = only(check(tampered, folder))
    assert finding.startswith("Grown does not read what was written as tree.grown v1: tags was removed or renamed.")
    assert "neither the class nor the schema of an older version changes" in finding


def test_an_upcaster_that_breaks_is_named(folder: Path) -> None:
    newer = event({"by": None, "centimeters": int}, version=2)
    broken = catalog(newer, step(Grown, newer, lambda old: {"centimeters": {}[old.by]}))
    write(broken, folder)
    assert "the upcaster from tree.grown v1 breaks with KeyError: mend it" in only(check(broken, folder))


def test_an_upcaster_to_nowhere_is_named(folder: Path) -> None:
    idle = catalog(Grown, step(Grown, Grown, lambda old: old.model_dump()))
    assert "the upcaster of ('tree.grown', 1) leads nowhere" in only(check(idle, folder))


def test_an_upcaster_that_leads_back_is_named(folder: Path) -> None:
    newer = event({}, version=2)
    circle = catalog(newer, step(Grown, Grown, lambda old: old.model_dump()))
    write(circle, folder)
    assert "the upcaster from tree.grown v1 leads back to v1" in only(check(circle, folder))


def test_a_version_gap_is_named(folder: Path) -> None:
    second, third = event({}, version=2), event({}, version=3)
    steps = (step(Grown, second, lambda old: old.model_dump()), step(second, third, lambda old: old.model_dump()))
    stepped = catalog(third, *steps)
    write(stepped, folder)
    findings = check(stepped, folder)
    assert any(one.startswith("version gap: schemas/tree.grown.v2.json is missing") for one in findings)
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
