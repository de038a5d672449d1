-- The scenes of a workflow, in their order.
SELECT workflow_id, scene_number, description, prompt, bullets, image_file_id, start_ms, end_ms, created_at
FROM workflow.scenes
WHERE tenant_id = $1 AND workflow_id = $2
ORDER BY scene_number
LIMIT 1000
