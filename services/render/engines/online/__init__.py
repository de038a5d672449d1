"""Writing by any endpoint that speaks the chat-completions protocol of OpenAI.

`Online` is what a worker has: one endpoint, the models that it may be asked for, one breaker. What an endpoint answers
is data from a stranger: bounded, parsed into a type, cleaned, and never more than words on a screen.
"""

from services.render.engines.online.endpoint import Access, Endpoint
from services.render.engines.online.failures import WriterFailed
from services.render.engines.online.writer import Online

__all__ = ["Access", "Endpoint", "Online", "WriterFailed"]
