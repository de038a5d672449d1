-- The tenant's workflows, or one account's, newest first, from after a place; with words: those in which all of them stand, whole.
SELECT id, user_id, original_prompt, enhanced_story, story_title, status, phases, error_message, created_at, updated_at,
       completed_at, version
FROM workflow.workflows
WHERE tenant_id = $1 AND deleted_at IS NULL
    AND ($2 = '' OR search @@ plainto_tsquery('simple', $2))
    AND ($3::timestamptz IS NULL OR (date_trunc('milliseconds', created_at), id::text) < ($3, $4))
    AND ($6::uuid IS NULL OR user_id = $6)
ORDER BY date_trunc('milliseconds', created_at) DESC, id::text DESC
LIMIT $5
