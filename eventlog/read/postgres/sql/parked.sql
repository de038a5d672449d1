-- What a generation $1 of a projector $2 has parked, and what every one was told to discard, in the order of the log.
SELECT topic, partition, stream, "offset", key, value, id, prev, reason, false AS discarded
FROM playhead.parked
WHERE projector = $1
UNION ALL
SELECT topic, partition, stream, "offset", key, value, id, prev, reason, true AS discarded
FROM playhead.discarded
WHERE projector = $2
ORDER BY topic, partition, "offset"
