"""Where the parts answer. Imports none of them: it is there where the real clusters are elsewhere, too."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoints:
    """As URLs (Kafka: host:port, comma-separated); Redis may be absent, then its URL is empty.

    `postgres` is for the owner of the tables: services have logins of their own.
    """

    kafka: str
    mongodb: str
    postgres: str
    redis: str

    def environment(self) -> dict[str, str]:
        """As the commands of `playhead` take them."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka,
            "MONGODB_URI": self.mongodb,
            "DATABASE_URL": self.postgres,
            "REDIS_URL": self.redis,
        }
