"""The online writer: asks, waits, asks again, and counts what it took."""

import asyncio
from collections.abc import AsyncIterable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import stamina

from contracts.rendering import JobInputs, Usage
from services.render.engines.online import words
from services.render.engines.online.breaker import Breaker
from services.render.engines.online.endpoint import Endpoint
from services.render.engines.online.failures import WriterFailed, unavailable
from services.render.engines.writer import Draft, Refined

Result = TypeVar("Result")
Form = TypeVar("Form", words.RefinedWords, words.ScriptWords)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long one question is asked. A pause that the endpoint asks for is kept up to `wait_seconds`."""

    attempts: int = 3
    seconds: float = 150.0
    wait_seconds: float = 30.0
    first_pause: float = 0.5
    longest_pause: float = 8.0


class Online:
    """The endpoint of a worker, and the models that jobs may name."""

    def __init__(
        self,
        endpoint: Endpoint,
        models: Sequence[str],
        *,
        breaker: Breaker | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._models = tuple(models)
        self._breaker = breaker or Breaker(_loop_time)
        self._patience = patience or Patience()

    def writer(self, model: str) -> "OnlineWriter":
        """The writer with this model; `writer.not_installed` where it is none of the worker's."""
        if model not in self._models:
            known = ", ".join(f"`{one}`" for one in self._models)
            message = (
                f"the model `{model}` is not among this worker's ({known}): ask for one of them, or for `template`"
            )
            raise WriterFailed("writer.not_installed", message, retryable=False)
        return OnlineWriter(model, self._endpoint, self._breaker, self._patience)


@dataclass(slots=True)
class _Calls:
    """What the calls for one question took so far."""

    provider: str
    model: str
    operation: str
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0

    def usage(self) -> tuple[Usage, ...]:
        if not self.calls:
            return ()
        return (
            Usage(
                provider=self.provider,
                model=self.model,
                operation=self.operation,
                calls=self.calls,
                prompt_tokens=self.prompt_tokens,
                completion_tokens=self.completion_tokens,
                latency_ms=round(self.seconds * 1000),
            ),
        )


def identity_of(model: str) -> str:
    """What a writer with this model is called in keys and outputs."""
    return f"online/{words.VERSION}/{model}"


@dataclass(frozen=True, slots=True)
class OnlineWriter:
    """A `Writer`. Its failures are `WriterFailed`, with the usage of the calls that led to them."""

    model: str
    _endpoint: Endpoint = field(repr=False)
    _breaker: Breaker = field(repr=False)
    _patience: Patience = field(repr=False)

    @property
    def identity(self) -> str:
        return identity_of(self.model)

    async def refine(self, inputs: JobInputs) -> Refined:
        question = words.wish(inputs, script=inputs.script)

        def use(answer: words.RefinedWords) -> Refined:
            title = words.title_in(inputs.title) or words.title_in(answer.title)
            return Refined(title, words.prompt_in(answer.refinedPrompt))

        refined, usage = await self._asked("refine", words.REFINE, question, words.RefinedWords, use)
        return Refined(refined.title, refined.refined_prompt, usage)

    async def write(self, inputs: JobInputs, title: str, refined_prompt: str) -> Draft:
        question = words.wish(inputs, title=title, refinedPrompt=refined_prompt)

        def use(answer: words.ScriptWords) -> Draft:
            return Draft(title or words.title_in(answer.title), words.script_in(answer.script))

        draft, usage = await self._asked("script", words.SCRIPT, question, words.ScriptWords, use)
        return Draft(draft.title, draft.script, usage)

    async def _asked(
        self, operation: str, instructions: str, question: str, form: type[Form], use: Callable[[Form], Result]
    ) -> tuple[Result, tuple[Usage, ...]]:
        """What `use` makes of a good answer. An answer that it refuses is asked for again, like one that is late."""
        calls = _Calls(self._endpoint.access.provider, self.model, operation)
        try:
            async with asyncio.timeout(self._patience.seconds):
                async for attempt in self._attempts():
                    with attempt, self._breaker.passing():
                        text = await self._answer(calls, instructions, question, words.schema_of(form))
                        return use(words.parsed(form, text)), calls.usage()
        except WriterFailed as failed:
            failed.usage = calls.usage()
            raise
        except TimeoutError as error:
            failed = unavailable(f"gave no usable answer within {self._patience.seconds:g} s")
            failed.usage = calls.usage()
            raise failed from error
        raise AssertionError("attempts end with a result or an error")

    async def _answer(self, calls: _Calls, instructions: str, question: str, schema: Any) -> str:
        began = _loop_time()
        calls.calls += 1
        try:
            completion = await self._endpoint.ask(self.model, instructions, question, schema)
        finally:
            calls.seconds += _loop_time() - began
        answer = completion.answer()
        calls.prompt_tokens += answer.prompt_tokens
        calls.completion_tokens += answer.completion_tokens
        completion.check()
        return answer.text

    def _attempts(self) -> AsyncIterable[AbstractContextManager[object]]:
        patience = self._patience
        return stamina.retry_context(
            on=self._pause,
            attempts=patience.attempts,
            timeout=patience.seconds,
            wait_initial=patience.first_pause,
            wait_max=patience.longest_pause,
            wait_jitter=patience.first_pause,
        )

    def _pause(self, error: Exception) -> bool | float:
        """Whether to ask again, and after which pause where the endpoint named one."""
        if not isinstance(error, WriterFailed) or not error.retryable:
            return False
        if error.wait_seconds is None:
            return True
        return error.wait_seconds if error.wait_seconds <= self._patience.wait_seconds else False


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
