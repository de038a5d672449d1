-- How far each projector has read each partition of the log. What has an @ in its name is a generation that nobody reads.
SELECT projector, topic, partition, next_offset FROM playhead.checkpoints WHERE projector NOT LIKE '%@%'
