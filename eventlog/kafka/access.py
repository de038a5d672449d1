"""Where the brokers are, and who we are to them."""

from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any, Literal

from aiokafka.client import AIOKafkaClient

ANSWER_SECONDS = 10.0
"""How long a broker may take for an answer, beyond what it was asked to wait."""


@dataclass(frozen=True, slots=True)
class KafkaAccess:
    """`servers` is a comma-separated list of host:port."""

    servers: str
    client_id: str = "playhead"
    protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ssl_context: SSLContext | None = None
    groups: str = "playhead"
    """What the names of consumer groups begin with."""

    def security(self) -> dict[str, Any]:
        """As every client of aiokafka takes it."""
        return {
            "client_id": self.client_id,
            "security_protocol": self.protocol,
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
            "ssl_context": self.ssl_context,
        }

    def connecting(self) -> dict[str, Any]:
        """The same, with the servers and the patience."""
        return {
            "bootstrap_servers": self.servers,
            "request_timeout_ms": int(ANSWER_SECONDS * 1000),
            **self.security(),
        }

    def client(self) -> AIOKafkaClient:
        """Knows the cluster: which broker leads what."""
        return AIOKafkaClient(**self.connecting())
