-- Facts about sessions and jobs, folded from the log; and the one-shot application's tables.
DO $$
BEGIN
    CREATE ROLE playhead_analyst NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL; -- roles belong to the cluster: another database made it
END
$$;
ALTER ROLE playhead_analyst SET statement_timeout = '60s';
ALTER ROLE playhead_analyst SET default_transaction_read_only = on;

CREATE SCHEMA analytics;
CREATE SCHEMA wallet;

CREATE TABLE analytics.fact_session (
    stream text NOT NULL PRIMARY KEY,
    tenant_id text NOT NULL,
    session_id uuid NOT NULL,
    account_id uuid NOT NULL,
    kind text NOT NULL,
    aspect text NOT NULL,
    language text NOT NULL,
    script_given boolean NOT NULL,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    refined_at timestamptz,
    scripted_at timestamptz,
    voiced_at timestamptz,
    planned_at timestamptz,
    rendered_at timestamptz,
    completed_at timestamptz,
    failed_at timestamptz,
    canceled_at timestamptz,
    deleted_at timestamptz,
    error_code text,
    error_stage text,
    duration_ms integer,
    jobs integer NOT NULL,
    retries integer NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX fact_session_created ON analytics.fact_session (tenant_id, created_at);

CREATE TABLE analytics.fact_job (
    stream text NOT NULL PRIMARY KEY,
    tenant_id text NOT NULL,
    job_id uuid NOT NULL,
    session_id uuid NOT NULL,
    account_id uuid NOT NULL,
    kind text NOT NULL,
    aspect text NOT NULL,
    stages integer NOT NULL,
    status text NOT NULL,
    queued_at timestamptz NOT NULL,
    approved_at timestamptz,
    claimed_at timestamptz,
    refined_at timestamptz,
    scripted_at timestamptz,
    voiced_at timestamptz,
    planned_at timestamptz,
    rendered_at timestamptz,
    ended_at timestamptz,
    queue_wait_ms bigint,
    total_ms bigint,
    claims integer NOT NULL,
    takeovers integer NOT NULL,
    failed_attempts integer NOT NULL,
    runs integer NOT NULL,
    estimate_points integer NOT NULL,
    points integer NOT NULL,
    duration_ms integer,
    cost_micro_usd bigint NOT NULL,
    error_code text,
    error_stage text,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX fact_job_queued ON analytics.fact_job (tenant_id, queued_at);
CREATE INDEX fact_job_id ON analytics.fact_job (job_id);

CREATE TABLE analytics.fact_stage_attempt (
    stream text NOT NULL,
    stage text NOT NULL,
    number integer NOT NULL,
    tenant_id text NOT NULL,
    job_id uuid NOT NULL,
    session_id uuid NOT NULL,
    kind text NOT NULL,
    epoch bigint,
    started_at timestamptz,
    finished_at timestamptz,
    latency_ms bigint,
    outcome text NOT NULL,
    error_code text,
    PRIMARY KEY (stream, stage, number)
);
CREATE INDEX fact_stage_attempt_job ON analytics.fact_stage_attempt (job_id);

CREATE TABLE analytics.api_usage (
    stream text NOT NULL,
    number integer NOT NULL,
    tenant_id text NOT NULL,
    job_id uuid NOT NULL,
    session_id uuid NOT NULL,
    stage text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    operation text NOT NULL,
    calls integer NOT NULL,
    prompt_tokens bigint NOT NULL,
    completion_tokens bigint NOT NULL,
    cost_micro_usd bigint NOT NULL,
    latency_ms bigint NOT NULL,
    used_at timestamptz NOT NULL,
    PRIMARY KEY (stream, number)
);
CREATE INDEX api_usage_used ON analytics.api_usage (tenant_id, used_at);

CREATE TABLE wallet.account_rows (
    stream text NOT NULL PRIMARY KEY,
    tenant_id text NOT NULL,
    account_id uuid NOT NULL,
    kind text NOT NULL,
    wallet_address text,
    prompt_points integer NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX account_rows_account ON wallet.account_rows (account_id);

CREATE TABLE wallet.job_rows (
    stream text NOT NULL PRIMARY KEY,
    tenant_id text NOT NULL,
    job_id uuid NOT NULL,
    account_id uuid NOT NULL,
    script_body text NOT NULL,
    status text NOT NULL,
    error_message text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX job_rows_account ON wallet.job_rows (account_id);

CREATE TABLE wallet.video_rows (
    stream text NOT NULL PRIMARY KEY,
    tenant_id text NOT NULL,
    video_id uuid NOT NULL,
    job_id uuid NOT NULL,
    account_id uuid NOT NULL,
    duration_sec integer,
    format text NOT NULL,
    sha256 text NOT NULL,
    size_bytes bigint NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX video_rows_account ON wallet.video_rows (account_id);

CREATE VIEW wallet.users AS
SELECT wallet_address, prompt_points, created_at, tenant_id
FROM wallet.account_rows
WHERE kind = 'wallet';

CREATE VIEW wallet.video_jobs AS
SELECT j.job_id, a.wallet_address, j.script_body, j.status, j.error_message, j.created_at, j.updated_at, j.tenant_id
FROM wallet.job_rows j
JOIN wallet.account_rows a ON a.account_id = j.account_id AND a.tenant_id = j.tenant_id AND a.kind = 'wallet';

CREATE VIEW wallet.videos AS
SELECT v.video_id, v.job_id, a.wallet_address, v.duration_sec, v.format, v.created_at, v.sha256, v.size_bytes, v.tenant_id
FROM wallet.video_rows v
JOIN wallet.account_rows a ON a.account_id = v.account_id AND a.tenant_id = v.tenant_id AND a.kind = 'wallet';

CREATE VIEW analytics.success_rate AS
SELECT
    tenant_id,
    (queued_at AT TIME ZONE 'UTC')::date AS day,
    kind,
    count(*) FILTER (WHERE status = 'completed') AS completed,
    count(*) FILTER (WHERE status IN ('failed', 'expired')) AS failed,
    count(*) FILTER (WHERE status = 'canceled') AS canceled,
    count(*) FILTER (WHERE status IN ('queued', 'running')) AS unfinished,
    round(
        count(*) FILTER (WHERE status = 'completed')::numeric
        / nullif(count(*) FILTER (WHERE status IN ('completed', 'failed', 'expired')), 0),
        4
    ) AS success_rate
FROM analytics.fact_job
GROUP BY tenant_id, day, kind;

CREATE VIEW analytics.stage_latency AS
SELECT
    tenant_id,
    stage,
    kind,
    count(*) AS attempts,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY latency_ms) AS p50_ms,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY latency_ms) AS p90_ms,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms) AS p95_ms,
    percentile_cont(0.99) WITHIN GROUP (ORDER BY latency_ms) AS p99_ms
FROM analytics.fact_stage_attempt
WHERE outcome = 'completed'
GROUP BY tenant_id, stage, kind;

CREATE VIEW analytics.freshness AS
SELECT c.projector, c.topic, c.partition, c.next_offset, coalesce(p.parked, 0) AS parked
FROM playhead.checkpoints c
LEFT JOIN (
    SELECT projector, topic, partition, count(*) AS parked FROM playhead.parked GROUP BY projector, topic, partition
) p USING (projector, topic, partition);

COMMENT ON SCHEMA analytics IS 'What happened, as facts for analysts. Folded from the log; no prompt and no script stands here.';
COMMENT ON TABLE analytics.fact_session IS 'One row a session: when it reached which milestone, and how it stands.';
COMMENT ON COLUMN analytics.fact_session.script_given IS 'The user brought the script; nothing was refined or written.';
COMMENT ON COLUMN analytics.fact_session.duration_ms IS 'Length of the narration or the film, in milliseconds.';
COMMENT ON TABLE analytics.fact_job IS 'One row a job, an accumulating snapshot: a time for each milestone, and the lags.';
COMMENT ON COLUMN analytics.fact_job.queue_wait_ms IS 'From being queued to the first worker, in milliseconds.';
COMMENT ON COLUMN analytics.fact_job.total_ms IS 'From being queued to its end, in milliseconds.';
COMMENT ON COLUMN analytics.fact_job.takeovers IS 'How often a worker took it from one that had vanished.';
COMMENT ON COLUMN analytics.fact_job.cost_micro_usd IS 'What providers of words and voices took, in millionths of a US dollar.';
COMMENT ON TABLE analytics.fact_stage_attempt IS 'One row for each attempt at a stage: waiting, running, completed, failed, lost, released, stopped.';
COMMENT ON COLUMN analytics.fact_stage_attempt.latency_ms IS 'From the beginning of the attempt to its end, in milliseconds.';
COMMENT ON TABLE analytics.api_usage IS 'One row for each use of a provider: tokens, cost in micro-USD, latency in milliseconds.';
COMMENT ON VIEW analytics.success_rate IS 'Jobs by day (UTC, of queueing) and kind. success_rate = completed / (completed + failed + expired); canceled and unfinished jobs are not counted in it.';
COMMENT ON COLUMN analytics.success_rate.success_rate IS '0 to 1; NULL where no job of that day has completed or failed.';
COMMENT ON VIEW analytics.stage_latency IS 'Percentiles of latency over completed attempts, by stage and kind, in milliseconds.';
COMMENT ON VIEW analytics.freshness IS 'How far each projector has read each partition of the log, and how many records it has parked.';
COMMENT ON SCHEMA wallet IS 'The one-shot application''s tables: users by wallet, their jobs and videos.';
COMMENT ON VIEW wallet.users IS 'One row a wallet; prompt_points is the balance of its account.';
COMMENT ON VIEW wallet.video_jobs IS 'Jobs of wallets; script_body is emptied when the film is there.';
COMMENT ON VIEW wallet.videos IS 'Films of wallets; the bytes are in the blob store under sha256.';

GRANT USAGE ON SCHEMA analytics, wallet TO playhead_projector;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA analytics, wallet TO playhead_projector;
GRANT USAGE ON SCHEMA analytics TO playhead_analyst;
GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO playhead_analyst;
