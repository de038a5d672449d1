-- Keep the bytes of records that are given up.
INSERT INTO playhead.discarded (projector, topic, partition, "offset", stream, reason, key, value, id, prev)
SELECT projector, topic, partition, "offset", stream, reason, key, value, id, prev
FROM playhead.parked
WHERE projector = $1 AND topic = $2 AND partition = $3 AND stream = $4 AND "offset" = any($5::bigint[])
