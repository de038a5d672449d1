-- The facts that the first migration left out, the dimensions, the price book, and one view a metric.

CREATE TABLE analytics.job_status_change (
    stream text NOT NULL,
    version bigint NOT NULL,
    tenant_id text NOT NULL,
    job_id uuid NOT NULL,
    session_id uuid NOT NULL,
    status text NOT NULL,
    reason text,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (stream, version)
);
COMMENT ON TABLE analytics.job_status_change IS 'One row each time that a job changed its status. Added to, never changed.';
COMMENT ON COLUMN analytics.job_status_change.stream IS 'The stream that the row is made of.';
COMMENT ON COLUMN analytics.job_status_change.version IS 'The version of the stream after the event.';
COMMENT ON COLUMN analytics.job_status_change.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.job_status_change.job_id IS 'The job.';
COMMENT ON COLUMN analytics.job_status_change.session_id IS 'The session.';
COMMENT ON COLUMN analytics.job_status_change.status IS 'queued, running, completed, failed, canceled, expired or purged.';
COMMENT ON COLUMN analytics.job_status_change.reason IS 'The code of the reason, where the event has one.';
COMMENT ON COLUMN analytics.job_status_change.changed_at IS 'When.';

CREATE TABLE analytics.session_status_change (
    stream text NOT NULL,
    version bigint NOT NULL,
    tenant_id text NOT NULL,
    session_id uuid NOT NULL,
    status text NOT NULL,
    reason text,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (stream, version)
);
COMMENT ON TABLE analytics.session_status_change IS 'One row each time that a session changed its status. Added to, never changed.';
COMMENT ON COLUMN analytics.session_status_change.stream IS 'The stream that the row is made of.';
COMMENT ON COLUMN analytics.session_status_change.version IS 'The version of the stream after the event.';
COMMENT ON COLUMN analytics.session_status_change.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.session_status_change.session_id IS 'The session.';
COMMENT ON COLUMN analytics.session_status_change.status IS 'created, active, completed, failed, canceled, deleted, restored or purged.';
COMMENT ON COLUMN analytics.session_status_change.reason IS 'The code of the reason, where the event has one.';
COMMENT ON COLUMN analytics.session_status_change.changed_at IS 'When.';

CREATE TABLE analytics.fact_credit (
    stream text NOT NULL,
    version bigint NOT NULL,
    tenant_id text NOT NULL,
    account_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL,
    balance_after bigint NOT NULL,
    job_id uuid,
    session_id uuid,
    run integer,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (stream, version)
);
COMMENT ON TABLE analytics.fact_credit IS 'One row each time that an account''s points changed. Added to, never changed.';
COMMENT ON COLUMN analytics.fact_credit.stream IS 'The stream that the row is made of.';
COMMENT ON COLUMN analytics.fact_credit.version IS 'The version of the stream after the event.';
COMMENT ON COLUMN analytics.fact_credit.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.fact_credit.account_id IS 'The account.';
COMMENT ON COLUMN analytics.fact_credit.entry_id IS 'The entry in its ledger.';
COMMENT ON COLUMN analytics.fact_credit.kind IS 'granted, reserved, settled or refunded.';
COMMENT ON COLUMN analytics.fact_credit.amount IS 'The signed change, in points: the amounts of an account sum to its balance.';
COMMENT ON COLUMN analytics.fact_credit.balance_after IS 'The balance after it, in points.';
COMMENT ON COLUMN analytics.fact_credit.job_id IS 'The job that it is for.';
COMMENT ON COLUMN analytics.fact_credit.session_id IS 'The session that it is for.';
COMMENT ON COLUMN analytics.fact_credit.run IS 'The run of the job that it is for.';
COMMENT ON COLUMN analytics.fact_credit.changed_at IS 'When.';

CREATE TABLE analytics.account_change (
    stream text NOT NULL,
    version bigint NOT NULL,
    tenant_id text NOT NULL,
    account_id uuid NOT NULL,
    kind text NOT NULL,
    role text NOT NULL,
    plan text NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (stream, version)
);
COMMENT ON TABLE analytics.account_change IS 'One row each time that an account got a plan or a role. Added to, never changed.';
COMMENT ON COLUMN analytics.account_change.stream IS 'The stream that the row is made of.';
COMMENT ON COLUMN analytics.account_change.version IS 'The version of the stream after the event.';
COMMENT ON COLUMN analytics.account_change.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.account_change.account_id IS 'The account.';
COMMENT ON COLUMN analytics.account_change.kind IS 'By what it is known: demo, wallet, api_key, anonymous or oidc.';
COMMENT ON COLUMN analytics.account_change.role IS 'Its role from then on.';
COMMENT ON COLUMN analytics.account_change.plan IS 'Its plan from then on.';
COMMENT ON COLUMN analytics.account_change.changed_at IS 'When.';

CREATE TABLE analytics.fact_asset (
    stream text NOT NULL,
    asset_id uuid NOT NULL,
    tenant_id text NOT NULL,
    job_id uuid NOT NULL,
    session_id uuid NOT NULL,
    account_id uuid NOT NULL,
    stage text NOT NULL,
    kind text NOT NULL,
    media_type text NOT NULL,
    sha256 text NOT NULL,
    size_bytes bigint NOT NULL,
    duration_ms integer,
    created_at timestamptz NOT NULL,
    removed_at timestamptz,
    PRIMARY KEY (stream, asset_id)
);
COMMENT ON TABLE analytics.fact_asset IS 'One row a file that a stage of a job left.';
COMMENT ON COLUMN analytics.fact_asset.stream IS 'The stream that the row is made of.';
COMMENT ON COLUMN analytics.fact_asset.asset_id IS 'The file.';
COMMENT ON COLUMN analytics.fact_asset.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.fact_asset.job_id IS 'The job.';
COMMENT ON COLUMN analytics.fact_asset.session_id IS 'The session.';
COMMENT ON COLUMN analytics.fact_asset.account_id IS 'Who pays.';
COMMENT ON COLUMN analytics.fact_asset.stage IS 'The stage that left it.';
COMMENT ON COLUMN analytics.fact_asset.kind IS 'video, audio, captions, poster, image, timings or code.';
COMMENT ON COLUMN analytics.fact_asset.media_type IS 'Its media type.';
COMMENT ON COLUMN analytics.fact_asset.sha256 IS 'Its bytes in the blob store; equal bytes are kept once.';
COMMENT ON COLUMN analytics.fact_asset.size_bytes IS 'How many they are.';
COMMENT ON COLUMN analytics.fact_asset.duration_ms IS 'How long it plays, in milliseconds.';
COMMENT ON COLUMN analytics.fact_asset.created_at IS 'When its stage was finished.';
COMMENT ON COLUMN analytics.fact_asset.removed_at IS 'When it was taken away, or its job forgotten; NULL while it stands.';

CREATE INDEX job_status_change_at ON analytics.job_status_change (tenant_id, changed_at);
CREATE INDEX session_status_change_at ON analytics.session_status_change (tenant_id, changed_at);
CREATE INDEX fact_credit_at ON analytics.fact_credit (tenant_id, changed_at);
CREATE INDEX fact_asset_at ON analytics.fact_asset (tenant_id, created_at);
CREATE INDEX fact_stage_attempt_finished ON analytics.fact_stage_attempt (tenant_id, finished_at);
CREATE INDEX fact_job_ended ON analytics.fact_job (tenant_id, ended_at);

CREATE TABLE analytics.price_book (
    edition integer NOT NULL,
    model text NOT NULL,
    valid_from timestamptz NOT NULL,
    prompt_micro_usd bigint NOT NULL,
    completion_micro_usd bigint NOT NULL,
    PRIMARY KEY (edition, model, valid_from)
);
COMMENT ON TABLE analytics.price_book IS 'Prices of providers'' models, from the day on which they hold. An edition holds all of them; a new edition restates every cost.';
COMMENT ON COLUMN analytics.price_book.edition IS 'The edition; the newest is used.';
COMMENT ON COLUMN analytics.price_book.model IS 'The model, as calls name it.';
COMMENT ON COLUMN analytics.price_book.valid_from IS 'From when on the price holds, until the next of the model.';
COMMENT ON COLUMN analytics.price_book.prompt_micro_usd IS 'For a million tokens sent, in millionths of a US dollar.';
COMMENT ON COLUMN analytics.price_book.completion_micro_usd IS 'For a million tokens received, in millionths of a US dollar.';

INSERT INTO analytics.price_book (edition, model, valid_from, prompt_micro_usd, completion_micro_usd) VALUES
    (1, 'gpt-4o', '2024-05-13T00:00:00+00:00', 5000000, 15000000),
    (1, 'gpt-4o', '2024-10-02T00:00:00+00:00', 2500000, 10000000),
    (1, 'gpt-4o-mini', '2024-07-18T00:00:00+00:00', 150000, 600000),
    (1, 'gpt-4.1', '2025-04-14T00:00:00+00:00', 2000000, 8000000),
    (1, 'gpt-4.1-mini', '2025-04-14T00:00:00+00:00', 400000, 1600000),
    (1, 'gpt-4.1-nano', '2025-04-14T00:00:00+00:00', 100000, 400000);

CREATE FUNCTION analytics.price_of(model text, prompt_tokens bigint, completion_tokens bigint, at timestamptz)
RETURNS TABLE (edition integer, micro_usd bigint) STABLE LANGUAGE sql AS $$
    SELECT
        b.edition,
        div(prompt_tokens::numeric * b.prompt_micro_usd + completion_tokens::numeric * b.completion_micro_usd + 500000, 1000000)::bigint
    FROM analytics.price_book b
    WHERE b.edition = (SELECT max(edition) FROM analytics.price_book) AND b.model = price_of.model AND b.valid_from <= at
    ORDER BY b.valid_from DESC
    LIMIT 1
$$;
COMMENT ON FUNCTION analytics.price_of IS 'What tokens of a model cost at a time, by the newest edition of the price book, half a millionth rounded up; no row where that has no price.';

CREATE VIEW analytics.usage_cost WITH (security_invoker = true) AS
SELECT
    u.*,
    coalesce(p.micro_usd, u.cost_micro_usd) AS priced_micro_usd,
    p.edition AS price_book
FROM analytics.api_usage u
LEFT JOIN LATERAL analytics.price_of(u.model, u.prompt_tokens, u.completion_tokens, u.used_at) p ON true;
COMMENT ON VIEW analytics.usage_cost IS 'One row a use of a provider, with what it cost.';
COMMENT ON COLUMN analytics.usage_cost.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN analytics.usage_cost.number IS 'Counts the uses of the job from 1.';
COMMENT ON COLUMN analytics.usage_cost.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.usage_cost.job_id IS 'The job.';
COMMENT ON COLUMN analytics.usage_cost.session_id IS 'The session.';
COMMENT ON COLUMN analytics.usage_cost.stage IS 'The stage that called.';
COMMENT ON COLUMN analytics.usage_cost.provider IS 'Who was called.';
COMMENT ON COLUMN analytics.usage_cost.model IS 'What answered.';
COMMENT ON COLUMN analytics.usage_cost.operation IS 'What was asked for.';
COMMENT ON COLUMN analytics.usage_cost.calls IS 'How many calls the row stands for.';
COMMENT ON COLUMN analytics.usage_cost.prompt_tokens IS 'Tokens sent.';
COMMENT ON COLUMN analytics.usage_cost.completion_tokens IS 'Tokens received.';
COMMENT ON COLUMN analytics.usage_cost.cost_micro_usd IS 'What the caller said that it cost, in millionths of a US dollar.';
COMMENT ON COLUMN analytics.usage_cost.latency_ms IS 'How long it took, in milliseconds.';
COMMENT ON COLUMN analytics.usage_cost.used_at IS 'When the stage was finished.';
COMMENT ON COLUMN analytics.usage_cost.priced_micro_usd IS 'What it cost by the newest edition of the price book, at the prices of its time; what was reported where the book has no price.';
COMMENT ON COLUMN analytics.usage_cost.price_book IS 'The edition; NULL where the book has no price for the model.';

CREATE VIEW analytics.fact_status_change WITH (security_invoker = true) AS
SELECT
    c.thing, c.stream, c.version, c.tenant_id, c.job_id, c.session_id,
    lag(c.status) OVER before AS status_before,
    c.status, c.reason, c.changed_at,
    round(extract(epoch FROM c.changed_at - lag(c.changed_at) OVER before) * 1000)::bigint AS after_ms
FROM (
    SELECT 'job' AS thing, stream, version, tenant_id, job_id, session_id, status, reason, changed_at
    FROM analytics.job_status_change
    UNION ALL
    SELECT 'session', stream, version, tenant_id, NULL, session_id, status, reason, changed_at
    FROM analytics.session_status_change
) c
WINDOW before AS (PARTITION BY c.stream ORDER BY c.version);
COMMENT ON VIEW analytics.fact_status_change IS 'Each change of a job''s or a session''s status, with what it was before and for how long.';
COMMENT ON COLUMN analytics.fact_status_change.thing IS 'job or session.';
COMMENT ON COLUMN analytics.fact_status_change.stream IS 'The stream.';
COMMENT ON COLUMN analytics.fact_status_change.version IS 'Its version after the event.';
COMMENT ON COLUMN analytics.fact_status_change.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.fact_status_change.job_id IS 'The job; NULL for a session.';
COMMENT ON COLUMN analytics.fact_status_change.session_id IS 'The session.';
COMMENT ON COLUMN analytics.fact_status_change.status_before IS 'The status before; NULL at the beginning.';
COMMENT ON COLUMN analytics.fact_status_change.status IS 'The status from then on.';
COMMENT ON COLUMN analytics.fact_status_change.reason IS 'The code of the reason.';
COMMENT ON COLUMN analytics.fact_status_change.changed_at IS 'When.';
COMMENT ON COLUMN analytics.fact_status_change.after_ms IS 'How long it had the status before, in milliseconds.';

CREATE TABLE analytics.dim_date (
    day date NOT NULL PRIMARY KEY,
    year integer NOT NULL,
    quarter integer NOT NULL,
    month integer NOT NULL,
    iso_year integer NOT NULL,
    iso_week integer NOT NULL,
    iso_weekday integer NOT NULL,
    weekend boolean NOT NULL
);
INSERT INTO analytics.dim_date
SELECT
    d::date, extract(year FROM d), extract(quarter FROM d), extract(month FROM d), extract(isoyear FROM d),
    extract(week FROM d), extract(isodow FROM d), extract(isodow FROM d) > 5
FROM generate_series('2024-01-01'::timestamp, '2049-12-31'::timestamp, '1 day') AS d;
COMMENT ON TABLE analytics.dim_date IS 'Days from 2024 to 2049, so that days without facts can be shown.';
COMMENT ON COLUMN analytics.dim_date.day IS 'The day.';
COMMENT ON COLUMN analytics.dim_date.year IS 'Its year.';
COMMENT ON COLUMN analytics.dim_date.quarter IS '1 to 4.';
COMMENT ON COLUMN analytics.dim_date.month IS '1 to 12.';
COMMENT ON COLUMN analytics.dim_date.iso_year IS 'The year that its ISO week belongs to.';
COMMENT ON COLUMN analytics.dim_date.iso_week IS 'The ISO week, 1 to 53.';
COMMENT ON COLUMN analytics.dim_date.iso_weekday IS '1 (Monday) to 7 (Sunday).';
COMMENT ON COLUMN analytics.dim_date.weekend IS 'Saturday or Sunday.';

CREATE TABLE analytics.dim_stage (
    stage text NOT NULL PRIMARY KEY,
    position integer NOT NULL,
    free boolean NOT NULL,
    usual_percent integer NOT NULL,
    about text NOT NULL
);
INSERT INTO analytics.dim_stage VALUES
    ('refine', 1, true, 5, 'The prompt is made precise.'),
    ('script', 2, true, 10, 'The narration is written.'),
    ('speech', 3, false, 10, 'The narration is spoken.'),
    ('scenes', 4, false, 20, 'It is settled what is seen while what is said.'),
    ('video', 5, false, 55, 'The film is made.');
COMMENT ON TABLE analytics.dim_stage IS 'The stages, in their order.';
COMMENT ON COLUMN analytics.dim_stage.stage IS 'Its name.';
COMMENT ON COLUMN analytics.dim_stage.position IS 'Its place, from 1.';
COMMENT ON COLUMN analytics.dim_stage.free IS 'Whether it costs no points.';
COMMENT ON COLUMN analytics.dim_stage.usual_percent IS 'Its usual share of the making of a film.';
COMMENT ON COLUMN analytics.dim_stage.about IS 'What it does.';

CREATE VIEW analytics.dim_error_code WITH (security_invoker = true) AS
SELECT tenant_id, error_code, split_part(error_code, '.', 1) AS area, min(seen_at) AS first_seen_at, max(seen_at) AS last_seen_at
FROM (
    SELECT tenant_id, error_code, finished_at AS seen_at FROM analytics.fact_stage_attempt
    UNION ALL
    SELECT tenant_id, error_code, ended_at FROM analytics.fact_job
) seen
WHERE error_code IS NOT NULL
GROUP BY tenant_id, error_code;
COMMENT ON VIEW analytics.dim_error_code IS 'Codes that attempts and jobs have failed with.';
COMMENT ON COLUMN analytics.dim_error_code.tenant_id IS 'Who has met it.';
COMMENT ON COLUMN analytics.dim_error_code.error_code IS 'The code.';
COMMENT ON COLUMN analytics.dim_error_code.area IS 'Its first word: what it is about.';
COMMENT ON COLUMN analytics.dim_error_code.first_seen_at IS 'When it was met first.';
COMMENT ON COLUMN analytics.dim_error_code.last_seen_at IS 'When it was met last.';

CREATE VIEW analytics.dim_model WITH (security_invoker = true) AS
SELECT tenant_id, provider, model, min(used_at) AS first_used_at, max(used_at) AS last_used_at, max(price_book) AS price_book
FROM analytics.usage_cost
GROUP BY tenant_id, provider, model;
COMMENT ON VIEW analytics.dim_model IS 'Models of providers that were used.';
COMMENT ON COLUMN analytics.dim_model.tenant_id IS 'Who has used it.';
COMMENT ON COLUMN analytics.dim_model.provider IS 'Whose it is.';
COMMENT ON COLUMN analytics.dim_model.model IS 'Its name.';
COMMENT ON COLUMN analytics.dim_model.first_used_at IS 'When it was used first.';
COMMENT ON COLUMN analytics.dim_model.last_used_at IS 'When it was used last.';
COMMENT ON COLUMN analytics.dim_model.price_book IS 'The edition of the price book that has prices for it; NULL where none has.';

CREATE VIEW analytics.dim_user WITH (security_invoker = true) AS
SELECT
    tenant_id, account_id, kind, role, plan, changed_at AS valid_from,
    lead(changed_at) OVER (PARTITION BY stream ORDER BY version) AS valid_to
FROM analytics.account_change;
COMMENT ON VIEW analytics.dim_user IS 'Accounts as they were from when to when: one row each time that a plan or a role changed.';
COMMENT ON COLUMN analytics.dim_user.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.dim_user.account_id IS 'The account.';
COMMENT ON COLUMN analytics.dim_user.kind IS 'By what it is known.';
COMMENT ON COLUMN analytics.dim_user.role IS 'Its role in that time.';
COMMENT ON COLUMN analytics.dim_user.plan IS 'Its plan in that time.';
COMMENT ON COLUMN analytics.dim_user.valid_from IS 'From when on.';
COMMENT ON COLUMN analytics.dim_user.valid_to IS 'Until when, that moment excluded; NULL: still.';

CREATE VIEW analytics.dim_tenant WITH (security_invoker = true) AS
SELECT tenant_id, min(created_at) AS first_session_at, count(DISTINCT account_id) AS accounts
FROM analytics.fact_session
GROUP BY tenant_id;
COMMENT ON VIEW analytics.dim_tenant IS 'Tenants that have asked for anything.';
COMMENT ON COLUMN analytics.dim_tenant.tenant_id IS 'The tenant.';
COMMENT ON COLUMN analytics.dim_tenant.first_session_at IS 'When it asked for the first time.';
COMMENT ON COLUMN analytics.dim_tenant.accounts IS 'How many of its accounts have asked.';

CREATE VIEW analytics.stage_latency_by_day WITH (security_invoker = true) AS
SELECT
    tenant_id, (finished_at AT TIME ZONE 'UTC')::date AS day, stage, kind, count(*) AS attempts,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY latency_ms) AS p50_ms,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY latency_ms) AS p90_ms,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms) AS p95_ms,
    percentile_cont(0.99) WITHIN GROUP (ORDER BY latency_ms) AS p99_ms
FROM analytics.fact_stage_attempt
WHERE outcome = 'completed'
GROUP BY tenant_id, day, stage, kind;
COMMENT ON VIEW analytics.stage_latency_by_day IS 'How long completed attempts at a stage took.';
COMMENT ON COLUMN analytics.stage_latency_by_day.tenant_id IS 'Whose.';
COMMENT ON COLUMN analytics.stage_latency_by_day.day IS 'The day on which they ended, UTC.';
COMMENT ON COLUMN analytics.stage_latency_by_day.stage IS 'The stage.';
COMMENT ON COLUMN analytics.stage_latency_by_day.kind IS 'The visual style.';
COMMENT ON COLUMN analytics.stage_latency_by_day.attempts IS 'How many these are.';
COMMENT ON COLUMN analytics.stage_latency_by_day.p50_ms IS 'Half of the attempts took no longer, in milliseconds.';
COMMENT ON COLUMN analytics.stage_latency_by_day.p90_ms IS 'Nine of ten took no longer.';
COMMENT ON COLUMN analytics.stage_latency_by_day.p95_ms IS 'Nineteen of twenty took no longer.';
COMMENT ON COLUMN analytics.stage_latency_by_day.p99_ms IS 'All but one of a hundred took no longer.';

CREATE VIEW analytics.queue_wait WITH (security_invoker = true) AS
SELECT
    tenant_id, (queued_at AT TIME ZONE 'UTC')::date AS day, count(*) AS jobs,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY queue_wait_ms) AS p50_ms,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY queue_wait_ms) AS p90_ms,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY queue_wait_ms) AS p95_ms,
    percentile_cont(0.99) WITHIN GROUP (ORDER BY queue_wait_ms) AS p99_ms
FROM analytics.fact_job
WHERE queue_wait_ms IS NOT NULL
GROUP BY tenant_id, day;
COMMENT ON VIEW analytics.queue_wait IS 'How long jobs waited for their first worker.';
COMMENT ON COLUMN analytics.queue_wait.tenant_id IS 'Whose.';
COMMENT ON COLUMN analytics.queue_wait.day IS 'The day on which they were queued, UTC.';
COMMENT ON COLUMN analytics.queue_wait.jobs IS 'How many these are.';
COMMENT ON COLUMN analytics.queue_wait.p50_ms IS 'Half of the jobs took no longer, in milliseconds.';
COMMENT ON COLUMN analytics.queue_wait.p90_ms IS 'Nine of ten took no longer.';
COMMENT ON COLUMN analytics.queue_wait.p95_ms IS 'Nineteen of twenty took no longer.';
COMMENT ON COLUMN analytics.queue_wait.p99_ms IS 'All but one of a hundred took no longer.';

CREATE VIEW analytics.job_cost WITH (security_invoker = true) AS
SELECT
    j.stream, j.tenant_id, j.job_id, j.kind, j.status, j.error_code, j.ended_at, j.rendered_at, j.points, j.duration_ms,
    coalesce((SELECT sum(u.priced_micro_usd) FROM analytics.usage_cost u WHERE u.stream = j.stream), 0)::bigint AS cost_micro_usd,
    coalesce((SELECT sum(a.latency_ms) FROM analytics.fact_stage_attempt a WHERE a.stream = j.stream), 0)::bigint AS worker_ms
FROM analytics.fact_job j;
COMMENT ON VIEW analytics.job_cost IS 'What each job took from providers, and of workers'' time.';
COMMENT ON COLUMN analytics.job_cost.stream IS 'The stream of the job.';
COMMENT ON COLUMN analytics.job_cost.tenant_id IS 'Whose.';
COMMENT ON COLUMN analytics.job_cost.job_id IS 'The job.';
COMMENT ON COLUMN analytics.job_cost.kind IS 'The visual style.';
COMMENT ON COLUMN analytics.job_cost.status IS 'How it stands.';
COMMENT ON COLUMN analytics.job_cost.error_code IS 'Why it failed.';
COMMENT ON COLUMN analytics.job_cost.ended_at IS 'When it ended.';
COMMENT ON COLUMN analytics.job_cost.rendered_at IS 'When its film was made.';
COMMENT ON COLUMN analytics.job_cost.points IS 'The points that it cost.';
COMMENT ON COLUMN analytics.job_cost.duration_ms IS 'Length of the narration or the film.';
COMMENT ON COLUMN analytics.job_cost.cost_micro_usd IS 'What providers took, in millionths of a US dollar, by the newest edition of the price book.';
COMMENT ON COLUMN analytics.job_cost.worker_ms IS 'How long workers were at it, failed attempts included, in milliseconds.';

CREATE VIEW analytics.cost_per_video WITH (security_invoker = true) AS
SELECT
    tenant_id, (ended_at AT TIME ZONE 'UTC')::date AS day, kind, count(*) AS videos,
    sum(cost_micro_usd)::bigint AS cost_micro_usd,
    round(avg(cost_micro_usd))::bigint AS cost_micro_usd_per_video,
    sum(points)::bigint AS points,
    sum(worker_ms)::bigint AS worker_ms,
    sum(duration_ms)::bigint AS film_ms
FROM analytics.job_cost
WHERE status = 'completed' AND rendered_at IS NOT NULL
GROUP BY tenant_id, day, kind;
COMMENT ON VIEW analytics.cost_per_video IS 'What finished films cost.';
COMMENT ON COLUMN analytics.cost_per_video.tenant_id IS 'Whose.';
COMMENT ON COLUMN analytics.cost_per_video.day IS 'The day on which their jobs ended, UTC.';
COMMENT ON COLUMN analytics.cost_per_video.kind IS 'The visual style.';
COMMENT ON COLUMN analytics.cost_per_video.videos IS 'How many.';
COMMENT ON COLUMN analytics.cost_per_video.cost_micro_usd IS 'What providers took for all of them, in millionths of a US dollar.';
COMMENT ON COLUMN analytics.cost_per_video.cost_micro_usd_per_video IS 'The mean of that.';
COMMENT ON COLUMN analytics.cost_per_video.points IS 'What their users paid.';
COMMENT ON COLUMN analytics.cost_per_video.worker_ms IS 'How long workers were at it, in milliseconds.';
COMMENT ON COLUMN analytics.cost_per_video.film_ms IS 'How long the films are together, in milliseconds.';

CREATE VIEW analytics.cost_per_model WITH (security_invoker = true) AS
SELECT
    tenant_id, (used_at AT TIME ZONE 'UTC')::date AS day, provider, model, sum(calls)::bigint AS calls,
    sum(prompt_tokens)::bigint AS prompt_tokens, sum(completion_tokens)::bigint AS completion_tokens,
    sum(priced_micro_usd)::bigint AS cost_micro_usd, sum(cost_micro_usd)::bigint AS reported_micro_usd,
    max(price_book) AS price_book,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY latency_ms) AS p50_ms,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms) AS p95_ms
FROM analytics.usage_cost
GROUP BY tenant_id, day, provider, model;
COMMENT ON VIEW analytics.cost_per_model IS 'What each model was used for and took.';
COMMENT ON COLUMN analytics.cost_per_model.tenant_id IS 'Whose.';
COMMENT ON COLUMN analytics.cost_per_model.day IS 'The day on which it was used, UTC.';
COMMENT ON COLUMN analytics.cost_per_model.provider IS 'Whose it is.';
COMMENT ON COLUMN analytics.cost_per_model.model IS 'The model.';
COMMENT ON COLUMN analytics.cost_per_model.calls IS 'How many calls.';
COMMENT ON COLUMN analytics.cost_per_model.prompt_tokens IS 'Tokens sent.';
COMMENT ON COLUMN analytics.cost_per_model.completion_tokens IS 'Tokens received.';
COMMENT ON COLUMN analytics.cost_per_model.cost_micro_usd IS 'What it took by the newest edition of the price book, at the prices of the time of each call.';
COMMENT ON COLUMN analytics.cost_per_model.reported_micro_usd IS 'What callers said that it took.';
COMMENT ON COLUMN analytics.cost_per_model.price_book IS 'The edition; NULL where the book has no price for the model.';
COMMENT ON COLUMN analytics.cost_per_model.p50_ms IS 'Half of the uses took no longer, in milliseconds.';
COMMENT ON COLUMN analytics.cost_per_model.p95_ms IS 'Nineteen of twenty took no longer.';

CREATE VIEW analytics.failed_work WITH (security_invoker = true) AS
SELECT
    tenant_id, (ended_at AT TIME ZONE 'UTC')::date AS day, status, coalesce(error_code, status) AS error_code,
    count(*) AS jobs, sum(cost_micro_usd)::bigint AS cost_micro_usd, sum(worker_ms)::bigint AS worker_ms
FROM analytics.job_cost
WHERE status IN ('failed', 'expired', 'canceled')
GROUP BY tenant_id, day, status, coalesce(error_code, status);
COMMENT ON VIEW analytics.failed_work IS 'Jobs that ended without their result, and what they had taken until then.';
COMMENT ON COLUMN analytics.failed_work.tenant_id IS 'Whose.';
COMMENT ON COLUMN analytics.failed_work.day IS 'The day on which they ended, UTC.';
COMMENT ON COLUMN analytics.failed_work.status IS 'failed, expired or canceled.';
COMMENT ON COLUMN analytics.failed_work.error_code IS 'Why; the status where there is no code.';
COMMENT ON COLUMN analytics.failed_work.jobs IS 'How many.';
COMMENT ON COLUMN analytics.failed_work.cost_micro_usd IS 'What providers had taken.';
COMMENT ON COLUMN analytics.failed_work.worker_ms IS 'How long workers had been at it, in milliseconds.';

CREATE VIEW analytics.retries WITH (security_invoker = true) AS
SELECT
    tenant_id, (ended_at AT TIME ZONE 'UTC')::date AS day, kind,
    count(*) FILTER (WHERE status = 'completed') AS completed,
    sum(failed_attempts)::bigint AS failed_attempts, sum(runs - 1)::bigint AS reruns, sum(takeovers)::bigint AS takeovers,
    round(sum(failed_attempts + runs - 1)::numeric / nullif(count(*) FILTER (WHERE status = 'completed'), 0), 4) AS retries_per_success
FROM analytics.fact_job
WHERE ended_at IS NOT NULL
GROUP BY tenant_id, day, kind;
COMMENT ON VIEW analytics.retries IS 'How often it had to be tried again.';
COMMENT ON COLUMN analytics.retries.tenant_id IS 'Whose.';
COMMENT ON COLUMN analytics.retries.day IS 'The day on which the jobs ended, UTC.';
COMMENT ON COLUMN analytics.retries.kind IS 'The visual style.';
COMMENT ON COLUMN analytics.retries.completed IS 'Jobs that have their result.';
COMMENT ON COLUMN analytics.retries.failed_attempts IS 'Attempts at a stage that failed, of all jobs that ended.';
COMMENT ON COLUMN analytics.retries.reruns IS 'How often a job was taken up again after its end.';
COMMENT ON COLUMN analytics.retries.takeovers IS 'How often a worker took a job from one that had vanished.';
COMMENT ON COLUMN analytics.retries.retries_per_success IS '(failed attempts + reruns) / completed; NULL where nothing was completed.';

CREATE VIEW analytics.tokens WITH (security_invoker = true) AS
SELECT
    tenant_id, (used_at AT TIME ZONE 'UTC')::date AS day, stage, sum(calls)::bigint AS calls,
    sum(prompt_tokens)::bigint AS prompt_tokens, sum(completion_tokens)::bigint AS completion_tokens
FROM analytics.api_usage
GROUP BY tenant_id, day, stage;
COMMENT ON VIEW analytics.tokens IS 'Tokens sent to and received from providers.';
COMMENT ON COLUMN analytics.tokens.tenant_id IS 'Whose.';
COMMENT ON COLUMN analytics.tokens.day IS 'The day on which they were used, UTC.';
COMMENT ON COLUMN analytics.tokens.stage IS 'The stage that called.';
COMMENT ON COLUMN analytics.tokens.calls IS 'How many calls.';
COMMENT ON COLUMN analytics.tokens.prompt_tokens IS 'Tokens sent.';
COMMENT ON COLUMN analytics.tokens.completion_tokens IS 'Tokens received.';

CREATE VIEW analytics.funnel WITH (security_invoker = true) AS
SELECT
    tenant_id, (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS created,
    count(*) FILTER (WHERE coalesce(refined_at, scripted_at, voiced_at, rendered_at) IS NOT NULL OR script_given) AS refined,
    count(*) FILTER (WHERE coalesce(scripted_at, voiced_at, rendered_at) IS NOT NULL OR script_given) AS scripted,
    count(*) FILTER (WHERE coalesce(voiced_at, rendered_at) IS NOT NULL) AS voiced,
    count(rendered_at) AS rendered
FROM analytics.fact_session
GROUP BY tenant_id, day;
COMMENT ON VIEW analytics.funnel IS 'How far the sessions of a day have come. Who brings a script has refined and written.';
COMMENT ON COLUMN analytics.funnel.tenant_id IS 'Whose.';
COMMENT ON COLUMN analytics.funnel.day IS 'The day on which they were asked for, UTC.';
COMMENT ON COLUMN analytics.funnel.created IS 'Sessions.';
COMMENT ON COLUMN analytics.funnel.refined IS 'Those whose prompt was refined, or that came further.';
COMMENT ON COLUMN analytics.funnel.scripted IS 'Those that have a script, or came further.';
COMMENT ON COLUMN analytics.funnel.voiced IS 'Those that were spoken, or came further.';
COMMENT ON COLUMN analytics.funnel.rendered IS 'Those that have a film.';

CREATE VIEW analytics.cohorts WITH (security_invoker = true) AS
SELECT
    s.tenant_id, f.cohort AS day, ((date_trunc('week', s.created_at AT TIME ZONE 'UTC')::date - f.cohort) / 7) AS week,
    count(DISTINCT s.account_id) AS accounts
FROM analytics.fact_session s
JOIN (
    SELECT tenant_id, account_id, date_trunc('week', min(created_at) AT TIME ZONE 'UTC')::date AS cohort
    FROM analytics.fact_session
    GROUP BY tenant_id, account_id
) f USING (tenant_id, account_id)
GROUP BY s.tenant_id, f.cohort, week;
COMMENT ON VIEW analytics.cohorts IS 'Of the accounts that came in a week, how many were there again in each week after it.';
COMMENT ON COLUMN analytics.cohorts.tenant_id IS 'Whose.';
COMMENT ON COLUMN analytics.cohorts.day IS 'The Monday of the week in which they asked for the first time.';
COMMENT ON COLUMN analytics.cohorts.week IS 'Weeks since then, from 0.';
COMMENT ON COLUMN analytics.cohorts.accounts IS 'How many of them asked for something in that week.';

CREATE VIEW analytics.storage WITH (security_invoker = true) AS
SELECT
    tenant_id, day, sum(files)::bigint AS files, sum(bytes)::bigint AS bytes, sum(removed_files)::bigint AS removed_files,
    sum(removed_bytes)::bigint AS removed_bytes,
    sum(sum(bytes) - sum(removed_bytes)) OVER (PARTITION BY tenant_id ORDER BY day)::bigint AS total_bytes
FROM (
    SELECT tenant_id, (created_at AT TIME ZONE 'UTC')::date AS day, 1 AS files, size_bytes AS bytes, 0 AS removed_files, 0 AS removed_bytes
    FROM analytics.fact_asset
    UNION ALL
    SELECT tenant_id, (removed_at AT TIME ZONE 'UTC')::date, 0, 0, 1, size_bytes
    FROM analytics.fact_asset
    WHERE removed_at IS NOT NULL
) moved
GROUP BY tenant_id, day;
COMMENT ON VIEW analytics.storage IS 'Files that came and went, and how many bytes stand at the end of each day on which any did. Equal bytes of two files count twice here, and are kept once.';
COMMENT ON COLUMN analytics.storage.tenant_id IS 'Whose.';
COMMENT ON COLUMN analytics.storage.day IS 'The day, UTC.';
COMMENT ON COLUMN analytics.storage.files IS 'Files that came.';
COMMENT ON COLUMN analytics.storage.bytes IS 'Their bytes.';
COMMENT ON COLUMN analytics.storage.removed_files IS 'Files that went.';
COMMENT ON COLUMN analytics.storage.removed_bytes IS 'Their bytes.';
COMMENT ON COLUMN analytics.storage.total_bytes IS 'Bytes that stand at the end of the day.';

CREATE VIEW analytics.errors WITH (security_invoker = true) AS
SELECT
    tenant_id, day, stage, error_code, sum(attempts)::bigint AS attempts, sum(jobs)::bigint AS jobs
FROM (
    SELECT tenant_id, (finished_at AT TIME ZONE 'UTC')::date AS day, stage, error_code, 1 AS attempts, 0 AS jobs
    FROM analytics.fact_stage_attempt
    WHERE outcome = 'failed'
    UNION ALL
    SELECT tenant_id, (ended_at AT TIME ZONE 'UTC')::date, error_stage, error_code, 0, 1
    FROM analytics.fact_job
    WHERE status IN ('failed', 'expired')
) gone_wrong
GROUP BY tenant_id, day, stage, error_code;
COMMENT ON VIEW analytics.errors IS 'What went wrong, by code: attempts that failed, and jobs that ended with it.';
COMMENT ON COLUMN analytics.errors.tenant_id IS 'Whose.';
COMMENT ON COLUMN analytics.errors.day IS 'The day on which it happened, UTC.';
COMMENT ON COLUMN analytics.errors.stage IS 'The stage; NULL where it was none.';
COMMENT ON COLUMN analytics.errors.error_code IS 'The code.';
COMMENT ON COLUMN analytics.errors.attempts IS 'Attempts at a stage that failed with it.';
COMMENT ON COLUMN analytics.errors.jobs IS 'Jobs that failed or expired with it.';

CREATE VIEW analytics.credits WITH (security_invoker = true) AS
SELECT
    tenant_id, (changed_at AT TIME ZONE 'UTC')::date AS day, kind, count(*) AS entries, sum(amount)::bigint AS points
FROM analytics.fact_credit
GROUP BY tenant_id, day, kind;
COMMENT ON VIEW analytics.credits IS 'Points that were given, set aside, taken and given back.';
COMMENT ON COLUMN analytics.credits.tenant_id IS 'Whose.';
COMMENT ON COLUMN analytics.credits.day IS 'The day on which it happened, UTC.';
COMMENT ON COLUMN analytics.credits.kind IS 'granted, reserved, settled or refunded.';
COMMENT ON COLUMN analytics.credits.entries IS 'How many entries.';
COMMENT ON COLUMN analytics.credits.points IS 'The sum of their signed amounts.';

-- How far each projector has come, and when: a position that moves is younger than a few seconds while there is news.
CREATE OR REPLACE VIEW analytics.freshness AS
SELECT
    c.projector, c.topic, c.partition, c.next_offset, coalesce(p.parked, 0) AS parked,
    max(c.next_offset) OVER (PARTITION BY c.topic, c.partition) - c.next_offset AS behind,
    c.moved_at,
    round(extract(epoch FROM now() - c.moved_at)::numeric, 3) AS seconds
FROM playhead.checkpoints c
LEFT JOIN (
    SELECT projector, topic, partition, count(*) AS parked FROM playhead.parked GROUP BY projector, topic, partition
) p USING (projector, topic, partition);
COMMENT ON COLUMN analytics.freshness.behind IS 'How many records of the partition the furthest projector of this database has read beyond this one.';
COMMENT ON COLUMN analytics.freshness.moved_at IS 'When it last wrote what it had read.';
COMMENT ON COLUMN analytics.freshness.seconds IS 'How long ago that is. Old and not behind: there was nothing to read.';

-- The application reads the facts of the tenant that its transaction has named; an analyst reads all of them.
ALTER TABLE analytics.fact_session ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON analytics.fact_session FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY every_tenant ON analytics.fact_session FOR SELECT TO playhead_analyst USING (true);
CREATE POLICY projected ON analytics.fact_session TO playhead_projector USING (true) WITH CHECK (true);
ALTER TABLE analytics.fact_job ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON analytics.fact_job FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY every_tenant ON analytics.fact_job FOR SELECT TO playhead_analyst USING (true);
CREATE POLICY projected ON analytics.fact_job TO playhead_projector USING (true) WITH CHECK (true);
ALTER TABLE analytics.fact_stage_attempt ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON analytics.fact_stage_attempt FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY every_tenant ON analytics.fact_stage_attempt FOR SELECT TO playhead_analyst USING (true);
CREATE POLICY projected ON analytics.fact_stage_attempt TO playhead_projector USING (true) WITH CHECK (true);
ALTER TABLE analytics.api_usage ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON analytics.api_usage FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY every_tenant ON analytics.api_usage FOR SELECT TO playhead_analyst USING (true);
CREATE POLICY projected ON analytics.api_usage TO playhead_projector USING (true) WITH CHECK (true);
ALTER TABLE analytics.account_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON analytics.account_change FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY every_tenant ON analytics.account_change FOR SELECT TO playhead_analyst USING (true);
CREATE POLICY projected ON analytics.account_change TO playhead_projector USING (true) WITH CHECK (true);
ALTER TABLE analytics.job_status_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON analytics.job_status_change FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY every_tenant ON analytics.job_status_change FOR SELECT TO playhead_analyst USING (true);
CREATE POLICY projected ON analytics.job_status_change TO playhead_projector USING (true) WITH CHECK (true);
ALTER TABLE analytics.session_status_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON analytics.session_status_change FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY every_tenant ON analytics.session_status_change FOR SELECT TO playhead_analyst USING (true);
CREATE POLICY projected ON analytics.session_status_change TO playhead_projector USING (true) WITH CHECK (true);
ALTER TABLE analytics.fact_credit ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON analytics.fact_credit FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY every_tenant ON analytics.fact_credit FOR SELECT TO playhead_analyst USING (true);
CREATE POLICY projected ON analytics.fact_credit TO playhead_projector USING (true) WITH CHECK (true);
ALTER TABLE analytics.fact_asset ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON analytics.fact_asset FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY every_tenant ON analytics.fact_asset FOR SELECT TO playhead_analyst USING (true);
CREATE POLICY projected ON analytics.fact_asset TO playhead_projector USING (true) WITH CHECK (true);
ALTER VIEW analytics.success_rate SET (security_invoker = true);
ALTER VIEW analytics.stage_latency SET (security_invoker = true);
GRANT USAGE ON SCHEMA analytics TO playhead_app;
GRANT SELECT ON
    analytics.fact_session,
    analytics.fact_job,
    analytics.fact_stage_attempt,
    analytics.api_usage,
    analytics.account_change,
    analytics.job_status_change,
    analytics.session_status_change,
    analytics.fact_credit,
    analytics.fact_asset,
    analytics.price_book,
    analytics.dim_date,
    analytics.dim_stage,
    analytics.usage_cost,
    analytics.fact_status_change,
    analytics.dim_error_code,
    analytics.dim_model,
    analytics.dim_tenant,
    analytics.dim_user,
    analytics.stage_latency_by_day,
    analytics.queue_wait,
    analytics.job_cost,
    analytics.cost_per_video,
    analytics.cost_per_model,
    analytics.failed_work,
    analytics.retries,
    analytics.tokens,
    analytics.funnel,
    analytics.cohorts,
    analytics.storage,
    analytics.errors,
    analytics.credits,
    analytics.success_rate,
    analytics.stage_latency
TO playhead_app;
GRANT SELECT ON
    analytics.account_change,
    analytics.job_status_change,
    analytics.session_status_change,
    analytics.fact_credit,
    analytics.fact_asset,
    analytics.price_book,
    analytics.dim_date,
    analytics.dim_stage,
    analytics.usage_cost,
    analytics.fact_status_change,
    analytics.dim_error_code,
    analytics.dim_model,
    analytics.dim_tenant,
    analytics.dim_user,
    analytics.stage_latency_by_day,
    analytics.queue_wait,
    analytics.job_cost,
    analytics.cost_per_video,
    analytics.cost_per_model,
    analytics.failed_work,
    analytics.retries,
    analytics.tokens,
    analytics.funnel,
    analytics.cohorts,
    analytics.storage,
    analytics.errors,
    analytics.credits
TO playhead_analyst;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    analytics.account_change,
    analytics.job_status_change,
    analytics.session_status_change,
    analytics.fact_credit,
    analytics.fact_asset
TO playhead_projector;
