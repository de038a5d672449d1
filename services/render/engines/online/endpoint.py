"""One call to a chat-completions endpoint: a question and the form of the answer in, text and what it took out.

The protocol is one request, so it is spoken here with the HTTP client that the gateway uses too: each call has one
deadline, reads a bounded number of bytes, follows no redirect with the key in its hand, and takes nothing from the
environment. Whoever hosts the endpoint, its answer is checked before a field of it is used.
"""

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx
from pydantic import BaseModel, Field, SecretStr, ValidationError

from services.render.engines.online.failures import WriterFailed, unavailable, unusable

Form = Literal["json_schema", "json_object", "text"]

MOST_BYTES = 1 << 20
_OK = 200
_CONNECT_SECONDS = 10.0
_LONGEST_WAIT_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Access:
    """Where the endpoint is and what it understands. `seconds` and `tokens` bound one call."""

    url: str
    key: SecretStr | None = None
    seconds: float = 60.0
    tokens: int = 2000
    tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    form: Form = "json_schema"

    @property
    def provider(self) -> str:
        """The host's name, as usage tells it."""
        return httpx.URL(self.url).host


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote, and the tokens that were counted for it; 0 where the endpoint counts none."""

    text: str
    prompt_tokens: int
    completion_tokens: int


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Counted(BaseModel):
    prompt_tokens: int = Field(default=0, ge=0, le=10**9)
    completion_tokens: int = Field(default=0, ge=0, le=10**9)


class Completion(BaseModel):
    """What is read of an answer of the protocol."""

    choices: tuple[_Choice, ...] = Field(min_length=1)
    usage: _Counted | None = None

    def answer(self) -> Answer:
        """The text, whole or not."""
        counted = self.usage or _Counted()
        return Answer(self.choices[0].message.content or "", counted.prompt_tokens, counted.completion_tokens)

    def check(self) -> None:
        """Raises `writer.declined`, or `writer.answer_unusable` where the answer was cut off."""
        choice = self.choices[0]
        if choice.message.refusal or choice.finish_reason == "content_filter":
            message = "the writer will not write about this: rephrase the prompt, or give a script"
            raise WriterFailed("writer.declined", message, retryable=False)
        if choice.finish_reason == "length":
            raise unusable("was cut off at its greatest length")


class Endpoint:
    """Calls, one at a time or many; nothing is kept between them."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._url = access.url.rstrip("/") + "/chat/completions"
        self._tls = ssl.create_default_context()
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}

    async def ask(self, model: str, instructions: str, question: str, schema: Mapping[str, Any]) -> Completion:
        """The endpoint's answer to one request. Raises `WriterFailed`; cancelled, it hangs up at once."""
        body = json.dumps(self._request(model, instructions, question, schema)).encode()
        try:
            async with asyncio.timeout(self.access.seconds):
                status, headers, content = await self._post(body)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise unavailable(f"did not answer within {self.access.seconds:g} s") from error
        except httpx.RequestError as error:
            raise unavailable(f"cannot be reached ({type(error).__name__})") from error
        if status != _OK:
            raise _refusal(status, headers)
        try:
            return Completion.model_validate_json(content)
        except ValidationError:
            raise unusable("is not an answer of the chat-completions protocol") from None  # it would quote the content

    async def _post(self, body: bytes) -> tuple[int, httpx.Headers, bytes]:
        limits = httpx.Timeout(self.access.seconds, connect=min(_CONNECT_SECONDS, self.access.seconds))
        headers = dict(self._headers)
        if self.access.key is not None:
            headers["Authorization"] = f"Bearer {self.access.key.get_secret_value()}"
        async with (
            httpx.AsyncClient(verify=self._tls, timeout=limits, trust_env=False) as client,
            client.stream("POST", self._url, content=body, headers=headers) as response,
        ):
            content = bytearray()
            if response.status_code == _OK:
                async for chunk in response.aiter_bytes(1 << 16):
                    content += chunk
                    if len(content) > MOST_BYTES:
                        raise unusable(f"has more than {MOST_BYTES:,} bytes")
            return response.status_code, response.headers, bytes(content)

    def _request(self, model: str, instructions: str, question: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": model,
            "messages": [{"role": "system", "content": instructions}, {"role": "user", "content": question}],
            self.access.tokens_field: self.access.tokens,
        }
        if self.access.form == "json_schema":
            form = {"name": "answer", "strict": True, "schema": schema}
            request["response_format"] = {"type": "json_schema", "json_schema": form}
        elif self.access.form == "json_object":
            request["response_format"] = {"type": "json_object"}
        return request


def _refusal(status: int, headers: httpx.Headers) -> WriterFailed:
    """What another status than 200 means. What the endpoint says about it may quote the key, and is not passed on."""
    wait = _seconds(headers.get("Retry-After", ""))
    match status:
        case 401 | 403:
            message = (
                f"the writer does not accept the key (HTTP {status}): set PLAYHEAD_WRITER_KEY to one that is valid"
            )
            return WriterFailed("writer.denied", message, retryable=False)
        case 429:
            message = "the writer is called too often (HTTP 429): try again later, or ask for the `template` writer"
            return WriterFailed("writer.busy", message, retryable=True, wait_seconds=wait)
        case _ if status in (408, 425) or status >= 500:
            failed = unavailable(f"answered with HTTP {status}")
            failed.wait_seconds = wait
            return failed
        case _:
            message = (
                f"the writer does not take the request (HTTP {status}): check PLAYHEAD_WRITER_URL, the model's "
                "name and PLAYHEAD_WRITER_FORM"
            )
            return WriterFailed("writer.rejected", message, retryable=False)


def _seconds(header: str) -> float | None:
    """A `Retry-After` in seconds; None for a date, which would need the two clocks to agree."""
    text = header.strip()
    return min(float(text), _LONGEST_WAIT_SECONDS) if text.isascii() and text.isdecimal() else None
