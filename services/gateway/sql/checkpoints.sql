-- How far each projector has read each partition of the log.
SELECT projector, topic, partition, next_offset FROM playhead.checkpoints
