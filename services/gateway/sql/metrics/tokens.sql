-- Tokens sent to and received from providers, by day and stage.
SELECT day, stage, calls, prompt_tokens, completion_tokens
FROM analytics.tokens
WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
ORDER BY day, stage
LIMIT $4
