-- Replace what is known of a projector's generations; no row where somebody else has.
INSERT INTO playhead.generations AS g (projector, revision, kept)
SELECT $1, $3, $4 WHERE $2::bigint = 0 OR EXISTS (SELECT FROM playhead.generations WHERE projector = $1)
ON CONFLICT (projector) DO UPDATE SET revision = $3, kept = $4 WHERE g.revision = $2
