-- How the log stands about one job, as far as it was folded.
SELECT state, held, epoch, stages_left, outputs
FROM render.queue
WHERE stream = $1
