-- Where a rebuild stands, or a generation that is kept for a rollback, says nothing of how fresh the tables are.
CREATE OR REPLACE VIEW analytics.freshness AS
SELECT
    c.projector, c.topic, c.partition, c.next_offset, coalesce(p.parked, 0) AS parked,
    max(c.next_offset) OVER (PARTITION BY c.topic, c.partition) - c.next_offset AS behind,
    c.moved_at,
    round(extract(epoch FROM now() - c.moved_at)::numeric, 3) AS seconds
FROM playhead.checkpoints c
LEFT JOIN (
    SELECT projector, topic, partition, count(*) AS parked FROM playhead.parked GROUP BY projector, topic, partition
) p USING (projector, topic, partition)
WHERE c.projector NOT LIKE '%@%';
