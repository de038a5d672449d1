-- A job's file says when it is planned to go. What was folded before had no such plan, so those rows need none.
ALTER TABLE retention.files ADD COLUMN due_at timestamptz;
CREATE INDEX files_due ON retention.files (due_at) WHERE due_at IS NOT NULL AND expired_at IS NULL;
COMMENT ON COLUMN retention.files.due_at IS 'When it is planned to go; NULL: when its job is forgotten.';
