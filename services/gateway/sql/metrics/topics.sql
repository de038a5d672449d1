-- The words that stand in the titles and prompts of most workflows, over all days together.
SELECT topic, sum(workflows)::bigint AS workflows
FROM workflow.topics
WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
GROUP BY topic
ORDER BY workflows DESC, topic
LIMIT least($4, 100)
