-- What operators did, as the audit trail of their tenant tells it: newest first, $1 at most.
SELECT (array_agg(details ORDER BY version DESC))[1] AS details,
    min(actor) AS actor,
    min(happened_at) AS at,
    min(happened_at) FILTER (WHERE command = 'BeginOperation') AS began_at,
    min(happened_at) FILTER (WHERE command = 'EndOperation') AS ended_at
FROM platform.audit
WHERE tenant_id = current_setting('app.tenant') AND category = 'operation' AND events <> '{}'
GROUP BY stream
ORDER BY at DESC, stream
LIMIT $1
