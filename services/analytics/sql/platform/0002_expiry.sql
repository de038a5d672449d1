-- A file says when it ceased to be. What was folded before did not look for that, so it is folded again from the start.
ALTER TABLE platform.assets ADD COLUMN expires_at timestamptz;
CREATE INDEX assets_expires ON platform.assets (expires_at);
COMMENT ON COLUMN platform.assets.expires_at IS 'When it ceased to be; the row stays. NULL: it is there.';

TRUNCATE platform.jobs, platform.scenes, platform.assets;
DELETE FROM playhead.parked WHERE projector = 'analytics.platform-jobs-projector';
DELETE FROM playhead.checkpoints WHERE projector = 'analytics.platform-jobs-projector';
