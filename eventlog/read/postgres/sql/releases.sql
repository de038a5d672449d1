-- How often parked records of a projector were dealt with.
SELECT coalesce(sum(released), 0)::bigint FROM playhead.checkpoints WHERE projector = $1
