-- The queue of render jobs: a projection of the jobs' streams, and beside it the leases, which are the workers' own.
CREATE SCHEMA render;

CREATE TABLE render.queue (
    stream text PRIMARY KEY,
    job_id uuid NOT NULL,
    tenant_id text NOT NULL,
    session_id uuid NOT NULL,
    account_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'running', 'over')),
    claimable boolean NOT NULL,
    held boolean NOT NULL,
    priority integer NOT NULL,
    queued_at timestamptz NOT NULL,
    not_before timestamptz,
    run integer NOT NULL,
    epoch bigint NOT NULL,
    worker text,
    stages_left text[] NOT NULL,
    inputs jsonb NOT NULL,
    outputs jsonb NOT NULL,
    version bigint NOT NULL
);
COMMENT ON TABLE render.queue IS 'One row a job, folded from its stream. Only its projector writes here; a rebuild makes it anew.';
COMMENT ON COLUMN render.queue.stream IS 'The stream of the job: job-<uuid>.';
COMMENT ON COLUMN render.queue.job_id IS 'The id of the job.';
COMMENT ON COLUMN render.queue.tenant_id IS 'Whose job it is.';
COMMENT ON COLUMN render.queue.session_id IS 'The session that the job works for.';
COMMENT ON COLUMN render.queue.account_id IS 'Who pays.';
COMMENT ON COLUMN render.queue.state IS 'queued: nobody has it; running: the worker of this epoch has it; over: it has ended.';
COMMENT ON COLUMN render.queue.claimable IS 'Whether its next stage may be done: it is not over, and the stage is free or its points are set aside.';
COMMENT ON COLUMN render.queue.held IS 'Whether it waits for its points.';
COMMENT ON COLUMN render.queue.priority IS 'Higher goes first.';
COMMENT ON COLUMN render.queue.queued_at IS 'When it was queued.';
COMMENT ON COLUMN render.queue.not_before IS 'No attempt before this time; NULL: at once.';
COMMENT ON COLUMN render.queue.run IS 'Which reservation of points pays for it; grows with every retry.';
COMMENT ON COLUMN render.queue.epoch IS 'The newest turn of a worker that the log has accepted; 0 before the first.';
COMMENT ON COLUMN render.queue.worker IS 'Who has it while it is running.';
COMMENT ON COLUMN render.queue.stages_left IS 'The stages that are to be done, in their order.';
COMMENT ON COLUMN render.queue.inputs IS 'The frozen inputs, as the job.queued event holds them.';
COMMENT ON COLUMN render.queue.outputs IS 'What stages have left, those of earlier jobs first.';
COMMENT ON COLUMN render.queue.version IS 'How many events of the stream this row is made of.';

CREATE INDEX queue_open ON render.queue (priority DESC, queued_at) WHERE state <> 'over';
CREATE INDEX queue_tenant ON render.queue (tenant_id, job_id);

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
COMMENT ON TABLE render.leases IS 'Who has a job now, by this database''s clock. Written by workers; no projection.';
COMMENT ON COLUMN render.leases.stream IS 'The stream of the job: ids of jobs may repeat between tenants, streams do not.';
COMMENT ON COLUMN render.leases.tenant_id IS 'Whose job it is.';
COMMENT ON COLUMN render.leases.epoch IS 'The turn that the lease is for. It never goes back, so no two turns at a job share one.';
COMMENT ON COLUMN render.leases.worker IS 'Who holds it.';
COMMENT ON COLUMN render.leases.lease_until IS 'After this time anybody may take the job over.';
COMMENT ON COLUMN render.leases.heartbeat_at IS 'When the holder was last heard.';
COMMENT ON TABLE render.turns IS 'When each tenant was last given a worker, for taking turns. Written by workers; no projection.';
COMMENT ON COLUMN render.turns.tenant_id IS 'Whose turn it was.';
COMMENT ON COLUMN render.turns.claimed_at IS 'Who was served longest ago comes next.';

GRANT USAGE ON SCHEMA render TO playhead_projector;
GRANT SELECT, INSERT, UPDATE, DELETE ON render.queue TO playhead_projector;
