-- What a projector has parked, in the order of the log.
SELECT topic, partition, stream, "offset", key, value, id, prev, reason
FROM playhead.parked
WHERE projector = $1
ORDER BY topic, partition, "offset"
