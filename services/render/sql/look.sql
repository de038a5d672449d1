-- How the log stands about one job, as far as it was folded.
SELECT state, approved, epoch, next_stage, outputs
FROM render.queue
WHERE stream = $1
