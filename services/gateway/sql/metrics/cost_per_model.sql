-- What each model was used for and cost, at the prices of the time of each call, by day.
SELECT day, provider, model, calls, prompt_tokens, completion_tokens, cost_micro_usd, reported_micro_usd, price_book,
       p50_ms, p95_ms
FROM analytics.cost_per_model
WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
ORDER BY day, provider, model
LIMIT $4
