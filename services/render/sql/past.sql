-- Whether turn $2 at a job has ended, or will never begin, as far as the log was folded.
SELECT state = 'over' OR epoch > $2 OR (epoch = $2 AND state = 'queued')
FROM render.queue
WHERE stream = $1
