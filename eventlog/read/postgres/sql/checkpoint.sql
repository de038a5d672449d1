-- Where a projector stands in one partition, in which generation of its tables, and by which folds it has come there.
SELECT head, head_offset, next_offset, last_id, last_offset, generation, folds
FROM playhead.checkpoints
WHERE projector = $1 AND topic = $2 AND partition = $3
