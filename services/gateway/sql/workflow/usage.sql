-- Uses of providers in a time, of one account or of all, newest first, from after a place.
SELECT workflow_id, job_id, number, stage, provider, model, operation, calls, prompt_tokens, completion_tokens,
       tokens_used, cost_micro_usd, price_book, latency_ms, created_at
FROM workflow.api_usage
WHERE tenant_id = $1 AND created_at >= $2 AND created_at < $3 AND ($4::uuid IS NULL OR user_id = $4)
    AND ($5::timestamptz IS NULL
        OR (date_trunc('milliseconds', created_at), job_id::text || ':' || lpad(number::text, 6, '0')) < ($5, $6))
ORDER BY date_trunc('milliseconds', created_at) DESC, job_id::text || ':' || lpad(number::text, 6, '0') DESC
LIMIT $7
