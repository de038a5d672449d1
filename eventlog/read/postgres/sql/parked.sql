-- What a projector has parked or was told to discard, in the order of the log.
SELECT topic, partition, stream, "offset", key, value, id, prev, reason, false AS discarded
FROM playhead.parked
WHERE projector = $1
UNION ALL
SELECT topic, partition, stream, "offset", key, value, id, prev, reason, true AS discarded
FROM playhead.discarded
WHERE projector = $1
ORDER BY topic, partition, "offset"
