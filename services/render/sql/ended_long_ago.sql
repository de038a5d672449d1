-- Jobs that failed more than $1 days ago, or were completed more than $2 days ago, oldest first; NULL: never.
SELECT stream, tenant_id, ended, ended_at, version
FROM retention.jobs
WHERE (ended = 'failed' AND ended_at < now() - make_interval(days => $1))
    OR (ended = 'completed' AND ended_at < now() - make_interval(days => $2))
ORDER BY ended_at
LIMIT 1000
