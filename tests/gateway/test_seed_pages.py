"""What the pages about the applications of before name is there: their calls, their clients and their links."""

import re
from pathlib import Path

import pytest

from services.gateway.api import routed

PROJECT = Path(__file__).parents[2]
PAGES = sorted((PROJECT / "docs" / "seeds").glob("*.md"))
CALL, PARAMETER = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[\w/{}.-]+)"), re.compile(r"\{\w+\}")
CLIENT, LINK = re.compile(r"`(tests/[\w/]+\.py)`"), re.compile(r"\]\(([\w./-]+\.md)\)")


def test_every_application_has_a_page() -> None:
    assert [page.stem for page in PAGES] == ["000", "001", "002", "003", "004"]


@pytest.mark.req(64, 86)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_call_client_and_page_that_is_named_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    paths = routed("0").openapi()["paths"]
    known = {f"{method.upper()} {PARAMETER.sub('{}', path)}" for path, calls in paths.items() for method in calls}
    named = {f"{method} {PARAMETER.sub('{}', path)}" for method, path in CALL.findall(text)}
    assert named
    assert named <= known
    assert all((PROJECT / client).is_file() for client in CLIENT.findall(text))
    assert all((page.parent / link).is_file() for link in LINK.findall(text))
