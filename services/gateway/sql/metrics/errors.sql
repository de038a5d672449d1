-- What went wrong, by code: attempts that failed, and jobs that ended with it.
SELECT day, stage, error_code, attempts, jobs
FROM analytics.errors
WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
ORDER BY day, attempts DESC, error_code
LIMIT $4
