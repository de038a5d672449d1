-- Which bytes the users' own files name, or named: the clean-up collects what neither these nor the jobs' files do.
CREATE TABLE retention.uploads (
    stream text NOT NULL,
    sha256 text NOT NULL,
    tenant_id text NOT NULL,
    named_at timestamptz NOT NULL,
    expired_at timestamptz,
    PRIMARY KEY (stream, sha256)
);
CREATE INDEX uploads_sha256 ON retention.uploads (sha256);
CREATE INDEX uploads_expired ON retention.uploads (expired_at) WHERE expired_at IS NOT NULL;

COMMENT ON TABLE retention.uploads IS 'One row for each digest that an upload named, folded from its stream; it stays when the file goes.';
COMMENT ON COLUMN retention.uploads.stream IS 'The stream of the upload.';
COMMENT ON COLUMN retention.uploads.sha256 IS 'The digest of its bytes.';
COMMENT ON COLUMN retention.uploads.tenant_id IS 'Whose upload it is.';
COMMENT ON COLUMN retention.uploads.named_at IS 'When the bytes came.';
COMMENT ON COLUMN retention.uploads.expired_at IS 'When the file went, or the bytes were not taken; NULL: it is there.';

GRANT SELECT, INSERT, UPDATE, DELETE ON retention.uploads TO playhead_projector;

-- Machinery for all tenants: whoever reads for one of them reads nothing of it.
ALTER TABLE retention.uploads ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention.uploads FORCE ROW LEVEL SECURITY;
CREATE POLICY projected ON retention.uploads TO playhead_projector USING (true) WITH CHECK (true);
