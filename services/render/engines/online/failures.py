"""How a call to a writer's endpoint fails.

| code                     | what happened                                              | retryable |
|--------------------------|------------------------------------------------------------|-----------|
| `writer.unavailable`     | it is away, slow or broken, or the breaker is open         | yes       |
| `writer.busy`            | it asks to be called less often                            | yes       |
| `writer.answer_unusable` | the answer is cut off, too long, or not what was asked for | yes       |
| `writer.denied`          | it does not take the key                                   | no        |
| `writer.rejected`        | it does not take the request, or does not know the model   | no        |
| `writer.declined`        | the model will not write about this                        | no        |
| `writer.not_installed`   | this worker has no such writer                             | no        |

The first two count against the endpoint: its breaker opens.
"""

from contracts.rendering import Usage
from services.render.stages.errors import StageFailed

_BLAMED = frozenset({"writer.unavailable", "writer.busy"})


class WriterFailed(StageFailed):
    """`wait_seconds` is what the endpoint asked for before the next call; `usage` what the calls so far took."""

    def __init__(self, code: str, message: str, *, retryable: bool, wait_seconds: float | None = None) -> None:
        super().__init__(code, message, retryable=retryable)
        self.wait_seconds = wait_seconds
        self.usage: tuple[Usage, ...] = ()

    @property
    def blames_endpoint(self) -> bool:
        """Whether the endpoint, not the question, is at fault."""
        return self.code in _BLAMED


def unusable(what: str) -> WriterFailed:
    """The answer came and cannot be used."""
    return WriterFailed("writer.answer_unusable", f"the writer's answer {what}; try again", retryable=True)


def unavailable(what: str) -> WriterFailed:
    """No answer came."""
    message = f"the writer {what}; try again later, or ask for the `template` writer"
    return WriterFailed("writer.unavailable", message, retryable=True)
