-- Where a projector stands in every partition; it cannot move on before this transaction ends.
SELECT topic, partition, head, head_offset, next_offset, last_id, last_offset
FROM playhead.checkpoints
WHERE projector = $1
ORDER BY topic, partition
FOR UPDATE
