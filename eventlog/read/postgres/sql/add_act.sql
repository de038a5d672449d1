-- Note what an operator did.
INSERT INTO playhead.parked_acts (projector, topic, partition, stream, offsets, action, actor, reason, happened_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
