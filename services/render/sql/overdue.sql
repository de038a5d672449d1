-- Jobs that have not ended within $1 seconds, oldest first.
SELECT stream, tenant_id, queued_at
FROM render.queue
WHERE state <> 'over' AND queued_at < now() - make_interval(secs => $1)
ORDER BY queued_at
LIMIT 1000
