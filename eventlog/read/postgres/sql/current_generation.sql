-- Which generation of its tables a projector writes.
SELECT (kept ->> 'current')::integer FROM playhead.generations WHERE projector = $1
