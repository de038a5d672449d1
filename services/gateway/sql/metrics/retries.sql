-- How often it had to be tried again for each job that was completed, by the day of the jobs' end and kind.
SELECT day, kind, completed, failed_attempts, reruns, takeovers, retries_per_success
FROM analytics.retries
WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
ORDER BY day, kind
LIMIT $4
