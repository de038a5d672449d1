"""The real log. Four requests are all that it speaks to the leader of a partition: produce, fetch, list offsets, and
the metadata that names the leader.

access.py       where the brokers are, and who we are to them
leader.py       a connection of one's own to whichever broker leads a partition; every failure becomes `Unavailable`
batches.py      record batches, there and back
log.py          `KafkaEventLog` and its tails: the port `EventLog`
sender.py       commands out: an idempotent producer, acknowledged by every in-sync replica
topics.py       topics made as they are declared, and the first commit of each partition
group.py        which partitions are ours: a consumer group, declared and kept with FastStream
partitioner.py  stream to partition, as every Kafka client does it by default

Why reading and appending do not go through aiokafka's consumer and producer: a consumer reconnects in silence and
hides the leader epoch of a record, so a reader cannot know when to look for a lost tail; an idempotent producer keeps
a failed batch and retries it for ever behind its caller's back, and after one refused batch its sequence numbers
never fit again. Here an append is one batch in one request: it is in the log whole, or not at all, or nobody knows,
and nothing is left over that could be sent later.
"""

from eventlog.kafka.access import KafkaAccess
from eventlog.kafka.log import KafkaEventLog
from eventlog.kafka.partitioner import partition_for
from eventlog.kafka.sender import KafkaSender
from eventlog.kafka.topics import create_topics, delete_topics, existing_topics

__all__ = [
    "KafkaAccess",
    "KafkaEventLog",
    "KafkaSender",
    "create_topics",
    "delete_topics",
    "existing_topics",
    "partition_for",
]
