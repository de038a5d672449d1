-- How far the sessions of each day have come; who brings a script has refined and written.
SELECT day, created, refined, scripted, voiced, rendered
FROM analytics.funnel
WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
ORDER BY day
LIMIT $4
