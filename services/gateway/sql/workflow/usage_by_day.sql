-- Uses of providers in a time, of one account or of all, summed by day and model.
SELECT (created_at AT TIME ZONE 'UTC')::date AS day, provider, model, sum(calls)::bigint AS calls,
       sum(prompt_tokens)::bigint AS prompt_tokens, sum(completion_tokens)::bigint AS completion_tokens,
       sum(tokens_used)::bigint AS tokens_used, sum(cost_micro_usd)::bigint AS cost_micro_usd,
       max(price_book) AS price_book, sum(latency_ms)::bigint AS latency_ms
FROM workflow.api_usage
WHERE tenant_id = $1 AND created_at >= $2 AND created_at < $3 AND ($4::uuid IS NULL OR user_id = $4)
GROUP BY day, provider, model
ORDER BY day DESC, provider, model
