"""A question without a tenant is a defect: every read and write of the gateway's stores names whose it is."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest

import services.gateway
from eventlog.read.mongo.collections import OwnedCollection, TenantCollection
from services.gateway.reading import statements
from services.gateway.reading.within import OWNERS, owned_by

GATEWAY = Path(services.gateway.__file__).parent
ACROSS_TENANTS: Mapping[tuple[str, str], str] = {
    ("auth/stored.py", "by_digest"): "who shows a key says by it whose he is",
    ("reading/mongo.py", "assets"): "the signature of a link says whose file it opens; each that is found is checked",
    ("reading/mongo.py", "checkpoints"): "where projectors stand is nobody's",
    ("reading/mongo.py", "uploads"): "the signature of a link says whose file comes; each that is found is checked",
    ("webhooks/stored.py", "of_streams"): "accounts by the ids of their streams, which a tenant is hashed into",
    ("webhooks/stored.py", "owners"): "sessions by the ids of their streams, which a tenant is hashed into",
    ("webhooks/stored.py", "shown"): "where projectors stand is nobody's",
    ("webhooks/stored.py", "due"): "deliveries of everybody are sent in turn; each row says whose it is",
    (
        "reading/streams.py",
        "_catch_up",
    ): "outcomes of commands that this process sent, found by their random ids",
}
BOUND = ("of_tenant", "owned")
WHOSE = ("tenant", "answer.tenant", "row['tenant']", "reach.tenant")
POSTGRES = {"reading/postgres.py", "health/database.py"}


class Call(NamedTuple):
    """A method that is called on something."""

    file: str
    function: str
    name: str
    node: ast.Call


def calls() -> Iterator[Call]:
    for file in sorted(GATEWAY.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                        yield Call(str(file.relative_to(GATEWAY)), function.name, node.func.attr, node)


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.req(67)
def test_every_question_to_mongodb_is_bound_to_a_tenant_but_those_that_say_why_not() -> None:
    assert {(call.file, call.function) for call in calls() if call.name == "collection"} == set(ACROSS_TENANTS)


@pytest.mark.req(67)
def test_the_tenant_of_a_question_is_the_caller_s() -> None:
    bound = [call for call in calls() if call.name in BOUND]
    assert len(bound) > 12
    for call in bound:
        assert ast.unparse(call.node.args[1]) in WHOSE, f"{call.file} {call.function}"


BOUND_TO_A_TENANT_ALONE: Mapping[tuple[str, str], str] = {
    ("auth/stored.py", "by_identity"): "who signs in learns by it which account is his",
    ("auth/stored.py", "of_account"): "the caller's own, by its id",
    ("reading/mongo.py", "_history"): "asked after the session that it is about, which says whose it is",
    ("reading/mongo.py", "standing"): "a job waits for all of its tenant's: it tells how many, and nothing else",
    ("reading/mongo.py", "stock"): "of the account that is named, to measure what comes for it",
    ("reading/support.py", "_page"): "for whoever administers",
    ("webhooks/stored.py", "of_account"): "the caller's own, by its id",
    ("webhooks/stored.py", "one"): "of an endpoint that was found to be the caller's",
    ("webhooks/stored.py", "page"): "of an endpoint that was found to be the caller's",
    ("webhooks/stored.py", "reached_since"): "of an endpoint, by whoever sends to it",
    ("webhooks/stored.py", "tenants"): "whether anybody wants to be told",
}


@pytest.mark.req(68)
def test_every_other_question_is_bound_to_an_account_too_where_the_caller_is() -> None:
    bound = {(call.file, call.function) for call in calls() if call.name == "of_tenant"}
    assert bound - {("reading/within.py", "within")} == set(BOUND_TO_A_TENANT_ALONE)


class Driver:
    """The driver's collection, which notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        async def ask(where: Mapping[str, Any], *rest: Any, **options: Any) -> Any:
            self.asked.append(where)
            raise LookupError(name)

        return ask


class Here:
    """Where the current documents are: with one driver, whatever is asked."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def collection(self, _name: str) -> Driver:
        return self._driver

    async def read(self, _name: str, ask: Any) -> Any:
        return await ask(self._driver)


@pytest.mark.req(67)
@pytest.mark.parametrize("where", [{}, {"tenant": "theirs"}, {"$or": [{"tenant": "theirs"}, {"tenant": "ours"}]}])
async def test_whatever_is_asked_the_tenant_stands_beside_it_and_cannot_be_overruled(where: dict[str, Any]) -> None:
    driver = Driver()
    here: Any = Here(driver)
    mine = OwnedCollection(here, "things", "ours")
    for asking in (mine.find_one(where), mine.count(where, limit=1), mine.change(where, {}), mine.delete(where)):
        with pytest.raises(LookupError):
            await asking
    assert driver.asked == [{"$and": [{"tenant": {"$eq": "ours"}}, where]}] * 4
    with pytest.raises(LookupError):
        await mine.insert({"_id": "1", "tenant": "theirs"})
    assert driver.asked[-1]["tenant"] == "ours"
    with pytest.raises(ValueError, match="tenant"):
        TenantCollection(here, "things", "")


@pytest.mark.req(68)
@pytest.mark.parametrize("name", OWNERS)
async def test_an_account_s_question_has_its_owner_beside_it_whatever_is_asked(name: str) -> None:
    driver, account = Driver(), UUID(int=7)
    here: Any = Here(driver)
    where = {"$or": [{OWNERS[name]: str(UUID(int=8))}, {"_id": "1"}]}
    with pytest.raises(LookupError):
        await TenantCollection(here, name, "ours", bounds=(owned_by(name, account),)).find_one(where)
    (asked,) = driver.asked
    tenant, owner, rest = asked["$and"]
    assert (tenant, rest) == ({"tenant": {"$eq": "ours"}}, where)
    assert str(account) in str(owner)
    assert set(owner) == ({"$or"} if name == "presets" else {OWNERS[name]})


@pytest.mark.req(67)
def test_every_statement_for_postgresql_names_the_tenant_and_goes_through_its_transaction() -> None:
    asked = {**statements.WORKFLOW, **statements.METRICS}
    assert len(asked) > 15
    for name, text in asked.items():
        assert "tenant_id = $1" in text, name
    named = {
        str(file.relative_to(GATEWAY))
        for file in GATEWAY.rglob("*.py")
        if any(module.startswith(("asyncpg", "eventlog.read.postgres")) for module in imports(file))
    }
    assert named == POSTGRES
    asking = [
        call for call in calls() if call.file == "reading/postgres.py" and call.name in ("fetch", "fetchrow", "execute")
    ]
    assert [call.function for call in asking] == ["_rows"]
    source = (GATEWAY / "reading/postgres.py").read_text("utf-8")
    assert source.count("tenant_transaction(pool, reach.tenant, self._seconds, ROLE, reach.only)") == 1
