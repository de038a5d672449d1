-- The workflow application's tables. Every row is the fold of one stream; the application reads one tenant's.
CREATE SCHEMA workflow;
COMMENT ON SCHEMA workflow IS 'The tables of the workflow application: workflows, their files and scenes, what providers took.';


CREATE TABLE workflow.workflows (
    stream text NOT NULL PRIMARY KEY,
    tenant_id text NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    original_prompt text NOT NULL,
    enhanced_story text NOT NULL,
    story_title text NOT NULL,
    status text NOT NULL,
    phases jsonb NOT NULL,
    error_message text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    completed_at timestamptz,
    deleted_at timestamptz,
    version bigint NOT NULL
);
COMMENT ON TABLE workflow.workflows IS 'One row a workflow: a session, in the words of the workflow application.';
COMMENT ON COLUMN workflow.workflows.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN workflow.workflows.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN workflow.workflows.id IS 'The workflow: the id of its session.';
COMMENT ON COLUMN workflow.workflows.user_id IS 'Who asked for it.';
COMMENT ON COLUMN workflow.workflows.original_prompt IS 'Personal. What was asked for.';
COMMENT ON COLUMN workflow.workflows.enhanced_story IS 'Personal. What was made of the prompt: its refinement, then the script.';
COMMENT ON COLUMN workflow.workflows.story_title IS 'Personal. What it is called.';
COMMENT ON COLUMN workflow.workflows.status IS 'created, refining, script_generating, audio_generating, scenes_generating, video_generating, completed, failed, canceled or expired.';
COMMENT ON COLUMN workflow.workflows.phases IS 'Each phase with its name, its status (none, pending, running, done, failed, canceled) and when it was done.';
COMMENT ON COLUMN workflow.workflows.error_message IS 'Why it failed, for people; empty otherwise.';
COMMENT ON COLUMN workflow.workflows.created_at IS 'When it was asked for.';
COMMENT ON COLUMN workflow.workflows.updated_at IS 'When anything happened to it last.';
COMMENT ON COLUMN workflow.workflows.completed_at IS 'When it had its film, the last time.';
COMMENT ON COLUMN workflow.workflows.deleted_at IS 'When it was taken away; it can be brought back for a while, then the row goes.';
COMMENT ON COLUMN workflow.workflows.version IS 'How many events of the stream the row is made of.';

CREATE TABLE workflow.generated_files (
    stream text NOT NULL,
    tenant_id text NOT NULL,
    id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    file_type text NOT NULL,
    file_path text NOT NULL,
    file_name text NOT NULL,
    file_size bigint NOT NULL,
    metadata json NOT NULL,
    stage text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (stream, id)
);
COMMENT ON TABLE workflow.generated_files IS 'One row a file of a workflow: made by one of its stages, or noted by its user.';
COMMENT ON COLUMN workflow.generated_files.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN workflow.generated_files.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN workflow.generated_files.id IS 'The file.';
COMMENT ON COLUMN workflow.generated_files.workflow_id IS 'The workflow.';
COMMENT ON COLUMN workflow.generated_files.file_type IS 'video, audio, captions, poster, image, timings or code; of a user''s file what he called it.';
COMMENT ON COLUMN workflow.generated_files.file_path IS 'Personal. Where it is served; of a user''s file where he keeps it.';
COMMENT ON COLUMN workflow.generated_files.file_name IS 'Personal. What it is called.';
COMMENT ON COLUMN workflow.generated_files.file_size IS 'Bytes.';
COMMENT ON COLUMN workflow.generated_files.metadata IS 'What is known of it: stage, job_id, media_type, sha256, duration_ms, scene_number; of a user''s file what he said.';
COMMENT ON COLUMN workflow.generated_files.stage IS 'The stage that made it; NULL for a user''s file.';
COMMENT ON COLUMN workflow.generated_files.created_at IS 'When it was made, or noted.';

CREATE TABLE workflow.scenes (
    stream text NOT NULL,
    tenant_id text NOT NULL,
    workflow_id uuid NOT NULL,
    scene_number integer NOT NULL,
    description text NOT NULL,
    prompt text NOT NULL,
    bullets jsonb NOT NULL,
    image_file_id uuid,
    start_ms integer NOT NULL,
    end_ms integer NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (stream, scene_number)
);
COMMENT ON TABLE workflow.scenes IS 'One row a scene of the plan that stands.';
COMMENT ON COLUMN workflow.scenes.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN workflow.scenes.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN workflow.scenes.workflow_id IS 'The workflow.';
COMMENT ON COLUMN workflow.scenes.scene_number IS 'Its place in the film, from 1.';
COMMENT ON COLUMN workflow.scenes.description IS 'Personal. What is written over it.';
COMMENT ON COLUMN workflow.scenes.prompt IS 'Personal. What is said meanwhile: its picture is made of this.';
COMMENT ON COLUMN workflow.scenes.bullets IS 'Personal. The points that are written on it.';
COMMENT ON COLUMN workflow.scenes.image_file_id IS 'Its picture in generated_files; NULL where it has none.';
COMMENT ON COLUMN workflow.scenes.start_ms IS 'When it begins, in milliseconds.';
COMMENT ON COLUMN workflow.scenes.end_ms IS 'When it ends, in milliseconds.';
COMMENT ON COLUMN workflow.scenes.created_at IS 'When it was planned.';

CREATE TABLE workflow.users (
    stream text NOT NULL PRIMARY KEY,
    tenant_id text NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    role text NOT NULL,
    plan text NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE workflow.users IS 'One row an account: whoever uses the application.';
COMMENT ON COLUMN workflow.users.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN workflow.users.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN workflow.users.id IS 'The account.';
COMMENT ON COLUMN workflow.users.name IS 'Personal. What its owner is called.';
COMMENT ON COLUMN workflow.users.kind IS 'By what it is known: demo, wallet, api_key, anonymous or oidc.';
COMMENT ON COLUMN workflow.users.role IS 'What it may do.';
COMMENT ON COLUMN workflow.users.plan IS 'The plan that it is on.';
COMMENT ON COLUMN workflow.users.created_at IS 'When it was opened.';

-- Whole words, as they are written, in any case and any language. A tsvector has at most 1 MiB.
ALTER TABLE workflow.workflows
    ADD COLUMN search tsvector GENERATED ALWAYS AS (
    to_tsvector('simple', left(story_title || ' ' || original_prompt || ' ' || enhanced_story, 200000))
) STORED;
COMMENT ON COLUMN workflow.workflows.search IS 'Personal. The words of title, prompt and story; made of them.';
CREATE INDEX workflows_search ON workflow.workflows USING gin (search);
CREATE INDEX workflows_newest ON workflow.workflows (tenant_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX workflows_id ON workflow.workflows (tenant_id, id);
CREATE INDEX generated_files_newest ON workflow.generated_files (tenant_id, workflow_id, created_at DESC, id DESC);
CREATE INDEX scenes_workflow ON workflow.scenes (tenant_id, workflow_id, scene_number);

-- What providers took: rows of the jobs of a workflow.
CREATE VIEW workflow.api_usage WITH (security_invoker = true) AS
SELECT
    u.tenant_id,
    u.job_id,
    u.number,
    u.session_id AS workflow_id,
    j.account_id AS user_id,
    u.stage,
    u.provider,
    u.model,
    u.operation,
    u.calls,
    u.prompt_tokens,
    u.completion_tokens,
    u.prompt_tokens + u.completion_tokens AS tokens_used,
    u.priced_micro_usd AS cost_micro_usd,
    u.cost_micro_usd AS reported_micro_usd,
    u.price_book,
    u.latency_ms,
    u.used_at AS created_at
FROM analytics.usage_cost u
JOIN analytics.fact_job j USING (stream);
COMMENT ON VIEW workflow.api_usage IS 'One row a use of a provider of words or voices.';
COMMENT ON COLUMN workflow.api_usage.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN workflow.api_usage.job_id IS 'The job that used it.';
COMMENT ON COLUMN workflow.api_usage.number IS 'Counts the uses of the job from 1.';
COMMENT ON COLUMN workflow.api_usage.workflow_id IS 'The workflow.';
COMMENT ON COLUMN workflow.api_usage.user_id IS 'Who asked for it.';
COMMENT ON COLUMN workflow.api_usage.stage IS 'The stage that called.';
COMMENT ON COLUMN workflow.api_usage.provider IS 'Who was called.';
COMMENT ON COLUMN workflow.api_usage.model IS 'What answered.';
COMMENT ON COLUMN workflow.api_usage.operation IS 'What was asked for.';
COMMENT ON COLUMN workflow.api_usage.calls IS 'How many calls the row stands for.';
COMMENT ON COLUMN workflow.api_usage.prompt_tokens IS 'Tokens sent.';
COMMENT ON COLUMN workflow.api_usage.completion_tokens IS 'Tokens received.';
COMMENT ON COLUMN workflow.api_usage.tokens_used IS 'Both together.';
COMMENT ON COLUMN workflow.api_usage.cost_micro_usd IS 'What it cost, in millionths of a US dollar: by the newest edition of the price book, at the prices of its time; what was reported where the book has no price for the model.';
COMMENT ON COLUMN workflow.api_usage.reported_micro_usd IS 'What the caller said that it cost.';
COMMENT ON COLUMN workflow.api_usage.price_book IS 'The edition of the price book; NULL where that has no price for the model.';
COMMENT ON COLUMN workflow.api_usage.latency_ms IS 'How long it took, in milliseconds.';
COMMENT ON COLUMN workflow.api_usage.created_at IS 'When its stage was finished.';

-- Which words people ask about; no stop words, no word of one or two letters.
CREATE VIEW workflow.topics WITH (security_invoker = true) AS
SELECT
    w.tenant_id,
    (w.created_at AT TIME ZONE 'UTC')::date AS day,
    t.lexeme AS topic,
    count(*) AS workflows,
    count(DISTINCT w.user_id) AS users
FROM workflow.workflows w
CROSS JOIN LATERAL unnest(to_tsvector('simple', left(w.story_title || ' ' || w.original_prompt, 12000))) AS t
WHERE length(t.lexeme) > 2 AND ts_lexize('english_stem', t.lexeme) IS DISTINCT FROM '{}' AND t.lexeme !~ '^[0-9.,-]+$'
GROUP BY w.tenant_id, day, topic;
COMMENT ON VIEW workflow.topics IS 'Words of titles and prompts, by day.';
COMMENT ON COLUMN workflow.topics.tenant_id IS 'Whose workflows.';
COMMENT ON COLUMN workflow.topics.day IS 'The day on which they were asked for, UTC.';
COMMENT ON COLUMN workflow.topics.topic IS 'Personal where few use it. The word, in small letters.';
COMMENT ON COLUMN workflow.topics.workflows IS 'In how many of the day''s workflows it stands.';
COMMENT ON COLUMN workflow.topics.users IS 'Of how many people.';

ALTER TABLE workflow.workflows ENABLE ROW LEVEL SECURITY;
ALTER TABLE workflow.generated_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE workflow.scenes ENABLE ROW LEVEL SECURITY;
ALTER TABLE workflow.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON workflow.workflows FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY one_tenant ON workflow.generated_files FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY one_tenant ON workflow.scenes FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY one_tenant ON workflow.users FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY projected ON workflow.workflows TO playhead_projector USING (true) WITH CHECK (true);
CREATE POLICY projected ON workflow.generated_files TO playhead_projector USING (true) WITH CHECK (true);
CREATE POLICY projected ON workflow.scenes TO playhead_projector USING (true) WITH CHECK (true);
CREATE POLICY projected ON workflow.users TO playhead_projector USING (true) WITH CHECK (true);
GRANT USAGE ON SCHEMA workflow TO playhead_projector, playhead_app;
GRANT SELECT ON ALL TABLES IN SCHEMA workflow TO playhead_app;
GRANT SELECT, INSERT, UPDATE, DELETE
    ON workflow.workflows, workflow.generated_files, workflow.scenes, workflow.users TO playhead_projector;

-- An analyst learns which words are asked about where at least three people did: fewer could be told apart.
CREATE VIEW analytics.topics AS
SELECT
    w.tenant_id,
    date_trunc('month', w.created_at AT TIME ZONE 'UTC')::date AS month,
    t.lexeme AS topic,
    count(*) AS workflows,
    count(DISTINCT w.user_id) AS users
FROM workflow.workflows w
CROSS JOIN LATERAL unnest(to_tsvector('simple', left(w.story_title || ' ' || w.original_prompt, 12000))) AS t
WHERE length(t.lexeme) > 2 AND ts_lexize('english_stem', t.lexeme) IS DISTINCT FROM '{}' AND t.lexeme !~ '^[0-9.,-]+$'
GROUP BY w.tenant_id, month, topic
HAVING count(DISTINCT w.user_id) >= 3;
COMMENT ON VIEW analytics.topics IS 'Words of titles and prompts that at least three people used in a month.';
COMMENT ON COLUMN analytics.topics.tenant_id IS 'Whose workflows.';
COMMENT ON COLUMN analytics.topics.month IS 'The first day of the month, UTC.';
COMMENT ON COLUMN analytics.topics.topic IS 'The word, in small letters.';
COMMENT ON COLUMN analytics.topics.workflows IS 'In how many workflows it stands.';
COMMENT ON COLUMN analytics.topics.users IS 'Of how many people.';
GRANT SELECT ON analytics.topics TO playhead_analyst;

-- The role of the application: names without a schema are its tables, and it sees one tenant.
DO $$
BEGIN
    CREATE ROLE playhead_workflow LOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL; -- roles belong to the cluster: another database made it
END
$$;
GRANT playhead_app TO playhead_workflow;
ALTER ROLE playhead_workflow SET search_path = workflow;
ALTER ROLE playhead_workflow SET app.tenant = 'demo';
