-- The first position of a projector in a partition; no row where somebody else has written one.
INSERT INTO playhead.checkpoints
    (projector, topic, partition, head, head_offset, next_offset, last_id, last_offset, folds, generation)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT DO NOTHING
