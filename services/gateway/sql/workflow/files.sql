-- Files of a workflow, newest first, from after a place.
SELECT id, workflow_id, file_type, file_path, file_name, file_size, metadata, stage, created_at
FROM workflow.generated_files
WHERE tenant_id = $1 AND workflow_id = $2
    AND ($3::timestamptz IS NULL OR (date_trunc('milliseconds', created_at), id::text) < ($3, $4))
ORDER BY date_trunc('milliseconds', created_at) DESC, id::text DESC
LIMIT $5
