-- Be the process that rebuilds for $3 seconds from now; no row where another one is.
INSERT INTO playhead.generations AS g (projector, holder, held_until)
VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
ON CONFLICT (projector) DO UPDATE SET holder = $2, held_until = clock_timestamp() + make_interval(secs => $3)
WHERE g.holder IN ('', $2) OR g.held_until < clock_timestamp()
