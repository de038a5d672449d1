-- The queue of render jobs: a projection of the jobs' streams, and beside it the leases, which are the workers' own.
CREATE SCHEMA render;

CREATE TABLE render.queue (
    stream text NOT NULL PRIMARY KEY,
    job_id uuid NOT NULL,
    tenant_id text NOT NULL,
    session_id uuid NOT NULL,
    account_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'running', 'completed', 'failed', 'canceled', 'expired')),
    approved boolean NOT NULL,
    priority integer NOT NULL,
    queued_at timestamptz NOT NULL,
    not_before timestamptz,
    run integer NOT NULL,
    epoch bigint NOT NULL,
    worker text,
    stages jsonb NOT NULL,
    next_stage text,
    inputs jsonb NOT NULL,
    outputs jsonb NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX queue_waiting ON render.queue (priority DESC, queued_at) WHERE state IN ('queued', 'running');

CREATE TABLE render.leases (
    stream text NOT NULL PRIMARY KEY,
    tenant_id text NOT NULL,
    epoch bigint NOT NULL,
    worker text NOT NULL,
    lease_until timestamptz NOT NULL,
    heartbeat_at timestamptz NOT NULL
);
CREATE INDEX leases_until ON render.leases (lease_until);

CREATE TABLE render.turns (
    tenant_id text NOT NULL PRIMARY KEY,
    claimed_at timestamptz NOT NULL
);

COMMENT ON SCHEMA render IS 'The work of the render service: which jobs wait, and which worker has which.';
COMMENT ON TABLE render.queue IS 'One row a job, folded from its stream. Can be dropped and rebuilt.';
COMMENT ON COLUMN render.queue.approved IS 'The points for it are set aside; until then only free stages may be done.';
COMMENT ON COLUMN render.queue.epoch IS 'The newest turn of a worker that the job''s stream has accepted.';
COMMENT ON COLUMN render.queue.next_stage IS 'The first stage that is not done; NULL when all are.';
COMMENT ON TABLE render.leases IS 'Who has a job now, by this database''s clock. Written by workers; no projection.';
COMMENT ON TABLE render.turns IS 'When each tenant was last given a worker, for taking turns. Written by workers; no projection.';

GRANT USAGE ON SCHEMA render TO playhead_projector;
GRANT SELECT, INSERT, UPDATE, DELETE ON render.queue TO playhead_projector;
