"""What one seed decides before anything happens: how many of whom, and which troubles."""

from random import Random

KINDS = (
    "crash",
    "freeze",
    "ledger_lost",
    "ledger_old",
    "back_up",
    "offsets_lost",
    "offsets_old",
    "bookmark_lost",
    "leader",
    "stranger",
    "outage",
    "retention",
    "replace",
)
LOSSES = ("truncate", "truncate", "recreate", "commands_truncate")


def partition_of(stream: str, partitions: int) -> int:
    """The partition of `account-7` and of `book-7`."""
    number = stream.partition("-")[2]
    return int(number) % partitions if number.isdigit() else 0


class Plan:
    """Of one run. Half of the seeds stress few kinds of trouble, so that each is met in depth."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        random = Random(f"{seed}:plan")
        self.partitions = random.choice((1, 1, 1, 2))
        self.accounts = random.randint(1, 3) * self.partitions
        self.commands = random.randint(6, 24)
        self.writers = random.choice((1, 2, 2, 3))
        self.shared_hosts = random.random() < 0.4
        self.versions = random.choice(((1,), (2,), (1, 2), (2, 1)))
        self.reader = random.choice((1, 2))
        self.requests_fail = random.random() < 0.85
        self.oversized = random.random() < 0.03
        self.troubles = random.randint(4, 16)
        few = random.sample(KINDS, random.randint(1, 4))
        self.kinds = tuple(few) if random.random() < 0.5 else KINDS
        self.truncations = random.choice((0, 0, 1, 2))
        if self.truncations:
            self.kinds = (*self.kinds, random.choice(LOSSES), "truncate")

    def actors(self) -> list[tuple[str, int, int, int, str]]:
        """(role, partition, number, code version, host)."""
        found: list[tuple[str, int, int, int, str]] = []
        for partition in range(self.partitions):
            for number in range(self.writers):
                version = self.versions[number % len(self.versions)]
                host = "one host" if self.shared_hosts else f"host {number}"
                found.append(("writer", partition, number, version, host))
            found += [("policy", partition, number, number + 1, "") for number in range(2)]
            found += [("projector", partition, number, self.reader, "") for number in range(2)]
        return found
