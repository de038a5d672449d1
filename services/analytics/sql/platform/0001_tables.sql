-- The platform's tables: what belongs to whom. Every row is the fold of one stream, and row-level security shows a
-- tenant's rows to that tenant alone, the owner of the tables included.
CREATE SCHEMA platform;
COMMENT ON SCHEMA platform IS 'The tables of a platform for many tenants. Folded from the log.';

CREATE TABLE platform.users (
    stream text NOT NULL PRIMARY KEY,
    tenant_id text NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    plan text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    version bigint NOT NULL
);
CREATE INDEX users_user ON platform.users (tenant_id, user_id);
COMMENT ON TABLE platform.users IS 'One row an account: who uses the service.';
COMMENT ON COLUMN platform.users.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN platform.users.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN platform.users.user_id IS 'The account.';
COMMENT ON COLUMN platform.users.kind IS 'By what it is known: demo, wallet, api_key, anonymous or oidc.';
COMMENT ON COLUMN platform.users.name IS 'What its owner calls it; personal.';
COMMENT ON COLUMN platform.users.role IS 'What it may do: user, premium or admin.';
COMMENT ON COLUMN platform.users.plan IS 'The plan.';
COMMENT ON COLUMN platform.users.created_at IS 'When it was opened.';
COMMENT ON COLUMN platform.users.updated_at IS 'When it changed last.';
COMMENT ON COLUMN platform.users.deleted_at IS 'When its owner asked to be forgotten; the row stays, without his name.';
COMMENT ON COLUMN platform.users.version IS 'How many events of the stream the row is made of.';

CREATE TABLE platform.accounts (
    stream text NOT NULL,
    tenant_id text NOT NULL,
    user_id uuid NOT NULL,
    provider text NOT NULL,
    provider_account_id text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (stream, provider, provider_account_id)
);
CREATE INDEX accounts_user ON platform.accounts (tenant_id, user_id);
COMMENT ON TABLE platform.accounts IS 'One row an identity of an account: how its owner proves who he is.';
COMMENT ON COLUMN platform.accounts.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN platform.accounts.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN platform.accounts.user_id IS 'The account.';
COMMENT ON COLUMN platform.accounts.provider IS 'Who vouches: what the account was opened with, or an identity provider that was linked since.';
COMMENT ON COLUMN platform.accounts.provider_account_id IS 'What the owner is called there; personal. Of a linked identity, the digest of it.';
COMMENT ON COLUMN platform.accounts.created_at IS 'When it was linked.';

CREATE TABLE platform.auth_sessions (
    stream text NOT NULL,
    tenant_id text NOT NULL,
    login_id uuid NOT NULL,
    user_id uuid NOT NULL,
    method text NOT NULL,
    started_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (stream, login_id)
);
CREATE INDEX auth_sessions_user ON platform.auth_sessions (tenant_id, user_id);
COMMENT ON TABLE platform.auth_sessions IS 'One row a login that was not ended; its secret stands nowhere.';
COMMENT ON COLUMN platform.auth_sessions.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN platform.auth_sessions.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN platform.auth_sessions.login_id IS 'The login.';
COMMENT ON COLUMN platform.auth_sessions.user_id IS 'The account.';
COMMENT ON COLUMN platform.auth_sessions.method IS 'How its owner proved who he is.';
COMMENT ON COLUMN platform.auth_sessions.started_at IS 'When he signed in.';
COMMENT ON COLUMN platform.auth_sessions.expires_at IS 'When it ends by itself; the row stays until then and after.';

CREATE TABLE platform.projects (
    stream text NOT NULL PRIMARY KEY,
    tenant_id text NOT NULL,
    project_id uuid NOT NULL,
    user_id uuid NOT NULL,
    title text NOT NULL,
    status text NOT NULL,
    configuration jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    version bigint NOT NULL
);
CREATE INDEX projects_user ON platform.projects (tenant_id, user_id, created_at);
COMMENT ON TABLE platform.projects IS 'One row a video that somebody asked for: the session, with all of its jobs.';
COMMENT ON COLUMN platform.projects.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN platform.projects.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN platform.projects.project_id IS 'The session.';
COMMENT ON COLUMN platform.projects.user_id IS 'Whose wish it was.';
COMMENT ON COLUMN platform.projects.title IS 'The title that its owner gave it; personal.';
COMMENT ON COLUMN platform.projects.status IS 'created, active, completed, failed or canceled; whether it was deleted tells deleted_at.';
COMMENT ON COLUMN platform.projects.configuration IS 'Kind, aspect, language, voice, stages and metadata, as they were asked for.';
COMMENT ON COLUMN platform.projects.created_at IS 'When it was asked for.';
COMMENT ON COLUMN platform.projects.updated_at IS 'When it changed last.';
COMMENT ON COLUMN platform.projects.deleted_at IS 'When it was deleted; the row stays until it is purged.';
COMMENT ON COLUMN platform.projects.version IS 'How many events of the stream the row is made of.';

CREATE TABLE platform.jobs (
    stream text NOT NULL PRIMARY KEY,
    tenant_id text NOT NULL,
    job_id uuid NOT NULL,
    project_id uuid NOT NULL,
    user_id uuid NOT NULL,
    status text NOT NULL,
    stages text[] NOT NULL,
    configuration jsonb NOT NULL,
    attempts integer NOT NULL,
    error_code text,
    error_message text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    finished_at timestamptz,
    version bigint NOT NULL
);
CREATE INDEX jobs_project ON platform.jobs (tenant_id, project_id);
CREATE INDEX jobs_status ON platform.jobs (status);
CREATE INDEX jobs_user ON platform.jobs (tenant_id, user_id);
COMMENT ON TABLE platform.jobs IS 'One row a job of the background.';
COMMENT ON COLUMN platform.jobs.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN platform.jobs.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN platform.jobs.job_id IS 'The job.';
COMMENT ON COLUMN platform.jobs.project_id IS 'The video that it works for.';
COMMENT ON COLUMN platform.jobs.user_id IS 'Who pays.';
COMMENT ON COLUMN platform.jobs.status IS 'queued, running, completed, failed, canceled or expired.';
COMMENT ON COLUMN platform.jobs.stages IS 'What it is to do, in this order.';
COMMENT ON COLUMN platform.jobs.configuration IS 'Kind, aspect, language and voice, frozen when it was queued.';
COMMENT ON COLUMN platform.jobs.attempts IS 'How often a worker took it.';
COMMENT ON COLUMN platform.jobs.error_code IS 'Why it failed, for programs.';
COMMENT ON COLUMN platform.jobs.error_message IS 'Why it failed, for people.';
COMMENT ON COLUMN platform.jobs.created_at IS 'When it was queued.';
COMMENT ON COLUMN platform.jobs.updated_at IS 'When it changed last.';
COMMENT ON COLUMN platform.jobs.finished_at IS 'When it ended.';
COMMENT ON COLUMN platform.jobs.version IS 'How many events of the stream the row is made of.';

CREATE TABLE platform.scenes (
    stream text NOT NULL,
    tenant_id text NOT NULL,
    job_id uuid NOT NULL,
    project_id uuid NOT NULL,
    user_id uuid NOT NULL,
    number integer NOT NULL,
    heading text NOT NULL,
    narration text NOT NULL,
    start_ms integer NOT NULL,
    end_ms integer NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (stream, number)
);
CREATE INDEX scenes_project ON platform.scenes (tenant_id, project_id);
COMMENT ON TABLE platform.scenes IS 'One row a scene of a job''s plan; a plan that is made anew replaces the one before.';
COMMENT ON COLUMN platform.scenes.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN platform.scenes.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN platform.scenes.job_id IS 'The job that planned it.';
COMMENT ON COLUMN platform.scenes.project_id IS 'The video that it is part of.';
COMMENT ON COLUMN platform.scenes.user_id IS 'Whose it is.';
COMMENT ON COLUMN platform.scenes.number IS 'Its place in the video, from 1.';
COMMENT ON COLUMN platform.scenes.heading IS 'What is written on it; personal.';
COMMENT ON COLUMN platform.scenes.narration IS 'What is said meanwhile; personal.';
COMMENT ON COLUMN platform.scenes.start_ms IS 'When it begins, in milliseconds.';
COMMENT ON COLUMN platform.scenes.end_ms IS 'When it ends, in milliseconds.';
COMMENT ON COLUMN platform.scenes.created_at IS 'When it was planned.';

CREATE TABLE platform.assets (
    stream text NOT NULL,
    tenant_id text NOT NULL,
    asset_id uuid NOT NULL,
    job_id uuid NOT NULL,
    project_id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    media_type text NOT NULL,
    file_name text NOT NULL,
    sha256 text NOT NULL,
    size_bytes bigint NOT NULL,
    duration_ms integer,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (stream, asset_id)
);
CREATE INDEX assets_user ON platform.assets (tenant_id, user_id);
CREATE INDEX assets_project ON platform.assets (tenant_id, project_id);
COMMENT ON TABLE platform.assets IS 'One row a file for a user. Its bytes are in the blob store under sha256.';
COMMENT ON COLUMN platform.assets.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN platform.assets.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN platform.assets.asset_id IS 'The file.';
COMMENT ON COLUMN platform.assets.job_id IS 'The job that made it.';
COMMENT ON COLUMN platform.assets.project_id IS 'The video that it belongs to.';
COMMENT ON COLUMN platform.assets.user_id IS 'Whose it is.';
COMMENT ON COLUMN platform.assets.kind IS 'video, audio, captions, poster or code.';
COMMENT ON COLUMN platform.assets.media_type IS 'Its media type.';
COMMENT ON COLUMN platform.assets.file_name IS 'What it is called when it is saved.';
COMMENT ON COLUMN platform.assets.sha256 IS 'The SHA-256 of its bytes, in hexadecimal digits.';
COMMENT ON COLUMN platform.assets.size_bytes IS 'How large it is.';
COMMENT ON COLUMN platform.assets.duration_ms IS 'How long it plays, in milliseconds.';
COMMENT ON COLUMN platform.assets.created_at IS 'When it was made.';

CREATE TABLE platform.presets (
    stream text NOT NULL PRIMARY KEY,
    tenant_id text NOT NULL,
    preset_id uuid NOT NULL,
    user_id uuid NOT NULL,
    is_default boolean NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    configuration jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    version bigint NOT NULL
);
CREATE INDEX presets_user ON platform.presets (tenant_id, user_id);
COMMENT ON TABLE platform.presets IS 'One row a template that videos are started from.';
COMMENT ON COLUMN platform.presets.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN platform.presets.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN platform.presets.preset_id IS 'The preset.';
COMMENT ON COLUMN platform.presets.user_id IS 'Who saved it.';
COMMENT ON COLUMN platform.presets.is_default IS 'Whether everybody in the tenant may use it.';
COMMENT ON COLUMN platform.presets.name IS 'Its name; personal.';
COMMENT ON COLUMN platform.presets.description IS 'What it is for; personal.';
COMMENT ON COLUMN platform.presets.configuration IS 'Kind, aspect, language, voice, and what its owner keeps with it.';
COMMENT ON COLUMN platform.presets.created_at IS 'When it was saved first.';
COMMENT ON COLUMN platform.presets.updated_at IS 'When it changed last.';
COMMENT ON COLUMN platform.presets.deleted_at IS 'When it was deleted; the row stays.';
COMMENT ON COLUMN platform.presets.version IS 'How many events of the stream the row is made of.';

GRANT USAGE ON SCHEMA platform TO playhead_projector, playhead_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA platform TO playhead_projector;
GRANT SELECT ON ALL TABLES IN SCHEMA platform TO playhead_app;

-- Whoever migrates folds, too, unless the services have logins of their own: forced, the policies bind him as well.
DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'playhead_projector', 'MEMBER') THEN
        GRANT playhead_projector TO CURRENT_USER;
    END IF;
END
$$;

ALTER TABLE platform.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform.users FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON platform.users FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY projected ON platform.users TO playhead_projector USING (true) WITH CHECK (true);
ALTER TABLE platform.accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform.accounts FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON platform.accounts FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY projected ON platform.accounts TO playhead_projector USING (true) WITH CHECK (true);
ALTER TABLE platform.auth_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform.auth_sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON platform.auth_sessions FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY projected ON platform.auth_sessions TO playhead_projector USING (true) WITH CHECK (true);
ALTER TABLE platform.projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform.projects FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON platform.projects FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY projected ON platform.projects TO playhead_projector USING (true) WITH CHECK (true);
ALTER TABLE platform.jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform.jobs FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON platform.jobs FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY projected ON platform.jobs TO playhead_projector USING (true) WITH CHECK (true);
ALTER TABLE platform.scenes ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform.scenes FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON platform.scenes FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY projected ON platform.scenes TO playhead_projector USING (true) WITH CHECK (true);
ALTER TABLE platform.assets ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform.assets FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON platform.assets FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY projected ON platform.assets TO playhead_projector USING (true) WITH CHECK (true);
ALTER TABLE platform.presets ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform.presets FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON platform.presets FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY projected ON platform.presets TO playhead_projector USING (true) WITH CHECK (true);
ALTER TABLE wallet.account_rows FORCE ROW LEVEL SECURITY;
ALTER TABLE wallet.job_rows FORCE ROW LEVEL SECURITY;
ALTER TABLE wallet.video_rows FORCE ROW LEVEL SECURITY;
