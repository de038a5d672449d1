-- One file of a workflow that was not deleted.
SELECT f.id, f.workflow_id, f.file_type, f.file_path, f.file_name, f.file_size, f.metadata, f.stage, f.created_at
FROM workflow.generated_files f
JOIN workflow.workflows w USING (stream)
WHERE f.tenant_id = $1 AND f.workflow_id = $2 AND f.id = $3 AND w.deleted_at IS NULL
