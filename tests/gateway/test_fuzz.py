"""Whatever a client sends, in whatever order: no answer is a server's error, and every answer is a documented one.

`make fuzz CASES=50000` sends more of them. A failure prints the request as a curl line and the seed that gave it.
"""

from collections import Counter
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.gateway.world import KEY, World

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    ignored_auth,
]
HEADERS = {"Authorization": f"Bearer {KEY}"}
EXAMPLES = 40
STORIES = 10
STEPS = 15


def trying(examples: int) -> settings:
    """New cases only: what was found before is in tests of its own."""
    return settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def test_every_answer_is_documented_and_none_is_a_servers_error(cases: int) -> None:
    """Four of five calls: each operation by itself, with whatever fits its description or hardly does."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", World().app())
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    calls: Counter[str] = Counter()
    number = 0
    while calls.total() < cases * 4 // 5:
        number += 1
        for operation in operations:

            @seed(number)
            @trying(EXAMPLES)
            @given(case=operation.as_strategy())
            def call(case: Any) -> None:
                calls[f"{case.method} {case.path}"] += 1
                case.call_and_validate(headers=HEADERS, checks=CHECKS)

            call()
    assert len(calls) == len(operations)


def test_so_it_is_in_stories_where_an_answer_leads_to_the_next_call(cases: int) -> None:
    """The fifth: they take longest."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", World().app())
    calls: Counter[str] = Counter()

    class Stories(schema.as_state_machine()):  # made from the document, so nobody can know its type
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": HEADERS}

        def validate_response(self, response: Any, case: Any, additional_checks: Any = (), **_more: Any) -> None:
            case.validate_response(response, checks=[*CHECKS, *additional_checks])

        def after_call(self, response: Any, case: Any) -> None:
            calls[f"{case.method} {case.path}"] += 1

    number = 0
    while calls.total() < cases // 5:
        before = calls.total()
        seed(number)(Stories).run(settings=trying(STORIES))
        number += 1
        assert calls.total() > before, "no call was made"
    assert len(calls) > 8, "hardly any call led to another"
