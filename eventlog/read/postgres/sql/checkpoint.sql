-- Where a projector stands in one partition.
SELECT head, head_offset, next_offset, last_id, last_offset, released
FROM playhead.checkpoints
WHERE projector = $1 AND topic = $2 AND partition = $3
