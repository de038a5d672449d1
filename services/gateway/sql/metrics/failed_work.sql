-- Jobs that ended without their result, and what they had cost until then, by day and reason.
SELECT day, status, error_code, jobs, cost_micro_usd, worker_ms
FROM analytics.failed_work
WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
ORDER BY day, status, error_code
LIMIT $4
