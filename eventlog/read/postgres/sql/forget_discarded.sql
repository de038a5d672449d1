-- What was discarded waits nowhere: not in a generation either that had parked it before it was given up.
DELETE FROM playhead.parked p
USING playhead.discarded d
WHERE p.projector = $1 AND d.projector = $1
    AND d.topic = p.topic AND d.partition = p.partition AND d."offset" = p."offset"
