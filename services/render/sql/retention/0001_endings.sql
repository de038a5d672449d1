-- What the clean-up looks at: how jobs ended, which files they name, and which bytes were collected.
CREATE SCHEMA retention;

CREATE TABLE retention.jobs (
    stream text NOT NULL PRIMARY KEY,
    tenant_id text NOT NULL,
    job_id uuid NOT NULL,
    ended text,
    ended_at timestamptz,
    version bigint NOT NULL
);
CREATE INDEX jobs_ended ON retention.jobs (ended, ended_at) WHERE ended IS NOT NULL;

CREATE TABLE retention.files (
    stream text NOT NULL,
    asset_id uuid NOT NULL,
    tenant_id text NOT NULL,
    sha256 text NOT NULL,
    size_bytes bigint NOT NULL,
    made_at timestamptz NOT NULL,
    expired_at timestamptz,
    PRIMARY KEY (stream, asset_id)
);
CREATE INDEX files_sha256 ON retention.files (sha256);
CREATE INDEX files_expired ON retention.files (expired_at) WHERE expired_at IS NOT NULL;

CREATE TABLE retention.collected (
    sha256 text NOT NULL PRIMARY KEY,
    collected_at timestamptz NOT NULL
);

COMMENT ON SCHEMA retention IS 'What goes by the clock: jobs whose time is over, and bytes that no job names any more.';
COMMENT ON TABLE retention.jobs IS 'One row a job that is not forgotten, folded from its stream.';
COMMENT ON COLUMN retention.jobs.stream IS 'The stream of the job.';
COMMENT ON COLUMN retention.jobs.tenant_id IS 'Whose job it is.';
COMMENT ON COLUMN retention.jobs.job_id IS 'The id of the job.';
COMMENT ON COLUMN retention.jobs.ended IS 'completed, or failed: it failed, was canceled or ran out of time; NULL while it is live.';
COMMENT ON COLUMN retention.jobs.ended_at IS 'When it ended, last.';
COMMENT ON COLUMN retention.jobs.version IS 'How many events of the stream this row is made of.';
COMMENT ON TABLE retention.files IS 'One row for each file that a job has made, folded from its stream; it stays when the file goes.';
COMMENT ON COLUMN retention.files.stream IS 'The stream of the job that made it.';
COMMENT ON COLUMN retention.files.asset_id IS 'The id of the file.';
COMMENT ON COLUMN retention.files.tenant_id IS 'Whose job it is.';
COMMENT ON COLUMN retention.files.sha256 IS 'The digest of its bytes; several files may have the same.';
COMMENT ON COLUMN retention.files.size_bytes IS 'How many bytes it has.';
COMMENT ON COLUMN retention.files.made_at IS 'When its stage was completed.';
COMMENT ON COLUMN retention.files.expired_at IS 'When it, or its job, went; NULL: it is there.';
COMMENT ON TABLE retention.collected IS 'Bytes that were taken out of the blob store. Written by the clean-up; no projection.';
COMMENT ON COLUMN retention.collected.sha256 IS 'Their digest.';
COMMENT ON COLUMN retention.collected.collected_at IS 'When; a file that expired later is collected again.';

GRANT USAGE ON SCHEMA retention TO playhead_projector;
GRANT SELECT, INSERT, UPDATE, DELETE ON retention.jobs, retention.files TO playhead_projector;
