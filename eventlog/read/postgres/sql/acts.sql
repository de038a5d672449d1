-- What was done to parked records of a projector, the newest first.
SELECT topic, partition, stream, offsets, action, actor, reason, happened_at
FROM playhead.parked_acts
WHERE projector = $1
ORDER BY act DESC
LIMIT $2
