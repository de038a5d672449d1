-- A file says when it is planned to go, too: until then it is there. What was folded before had no such plan.
COMMENT ON COLUMN platform.assets.expires_at IS 'When it is planned to go, or went; the row stays. NULL: it goes with its job.';
