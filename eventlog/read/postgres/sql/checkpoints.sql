-- Where a projector stands in every partition.
SELECT topic, partition, head, head_offset, next_offset, last_id, last_offset
FROM playhead.checkpoints
WHERE projector = $1
