-- One workflow of the tenant; none that was deleted.
SELECT id, user_id, original_prompt, enhanced_story, story_title, status, phases, error_message, created_at, updated_at,
       completed_at, version
FROM workflow.workflows
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL
