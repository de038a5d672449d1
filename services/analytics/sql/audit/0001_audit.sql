-- The audit trail: who asked for what, when, of which stream, and what became of it; refusals too. Rows are only added:
-- nobody has a right to change or to take away one, and a trigger says so to those who need no right.
CREATE FUNCTION platform.only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is only added to: % of % is refused', TG_OP, TG_TABLE_NAME;
END
$$;
COMMENT ON FUNCTION platform.only_added() IS 'Refuses to change or take away a row.';

CREATE TABLE platform.session_audit (
    command_id uuid NOT NULL PRIMARY KEY,
    stream text NOT NULL,
    tenant_id text NOT NULL,
    happened_at timestamptz NOT NULL,
    actor text NOT NULL,
    command text NOT NULL,
    category text NOT NULL,
    subject_id uuid,
    outcome text NOT NULL,
    code text,
    events text[] NOT NULL,
    details jsonb NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX session_audit_time ON platform.session_audit (tenant_id, happened_at DESC, command_id DESC);
CREATE INDEX session_audit_actor ON platform.session_audit (tenant_id, actor, happened_at DESC, command_id DESC);
CREATE INDEX session_audit_stream ON platform.session_audit (tenant_id, stream, happened_at DESC, command_id DESC);
COMMENT ON TABLE platform.session_audit IS 'One row a command to sessions, projects, presets and accounts. Added to, never changed.';
COMMENT ON COLUMN platform.session_audit.command_id IS 'The command: what was asked for, once.';
COMMENT ON COLUMN platform.session_audit.stream IS 'The stream that was asked.';
COMMENT ON COLUMN platform.session_audit.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN platform.session_audit.happened_at IS 'When it was asked for.';
COMMENT ON COLUMN platform.session_audit.actor IS 'Who asked: account:<id>, worker:<name>, or the service whose rule it was.';
COMMENT ON COLUMN platform.session_audit.command IS 'What was asked for: the type of the command.';
COMMENT ON COLUMN platform.session_audit.category IS 'Of what: session, project, preset, account or job.';
COMMENT ON COLUMN platform.session_audit.subject_id IS 'The id of that. NULL where nothing happened to it: the stream alone is known then.';
COMMENT ON COLUMN platform.session_audit.outcome IS 'applied or refused.';
COMMENT ON COLUMN platform.session_audit.code IS 'Why it was refused, for programs.';
COMMENT ON COLUMN platform.session_audit.events IS 'What happened: the types of the events, none where it was so already.';
COMMENT ON COLUMN platform.session_audit.details IS 'A plan, a role or points, where they were changed. Nothing personal.';
COMMENT ON COLUMN platform.session_audit.version IS 'How many events the stream had afterwards.';
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON platform.session_audit
    FOR EACH ROW EXECUTE FUNCTION platform.only_added();
GRANT SELECT, INSERT ON platform.session_audit TO playhead_projector;
GRANT SELECT ON platform.session_audit TO playhead_app;
ALTER TABLE platform.session_audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform.session_audit FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON platform.session_audit FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY read_again ON platform.session_audit FOR SELECT TO playhead_projector USING (true);
CREATE POLICY added ON platform.session_audit FOR INSERT TO playhead_projector WITH CHECK (true);

CREATE TABLE platform.job_audit (
    command_id uuid NOT NULL PRIMARY KEY,
    stream text NOT NULL,
    tenant_id text NOT NULL,
    happened_at timestamptz NOT NULL,
    actor text NOT NULL,
    command text NOT NULL,
    category text NOT NULL,
    subject_id uuid,
    outcome text NOT NULL,
    code text,
    events text[] NOT NULL,
    details jsonb NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX job_audit_time ON platform.job_audit (tenant_id, happened_at DESC, command_id DESC);
CREATE INDEX job_audit_actor ON platform.job_audit (tenant_id, actor, happened_at DESC, command_id DESC);
CREATE INDEX job_audit_stream ON platform.job_audit (tenant_id, stream, happened_at DESC, command_id DESC);
COMMENT ON TABLE platform.job_audit IS 'One row a command to jobs. Added to, never changed.';
COMMENT ON COLUMN platform.job_audit.command_id IS 'The command: what was asked for, once.';
COMMENT ON COLUMN platform.job_audit.stream IS 'The stream that was asked.';
COMMENT ON COLUMN platform.job_audit.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN platform.job_audit.happened_at IS 'When it was asked for.';
COMMENT ON COLUMN platform.job_audit.actor IS 'Who asked: account:<id>, worker:<name>, or the service whose rule it was.';
COMMENT ON COLUMN platform.job_audit.command IS 'What was asked for: the type of the command.';
COMMENT ON COLUMN platform.job_audit.category IS 'Of what: session, project, preset, account or job.';
COMMENT ON COLUMN platform.job_audit.subject_id IS 'The id of that. NULL where nothing happened to it: the stream alone is known then.';
COMMENT ON COLUMN platform.job_audit.outcome IS 'applied or refused.';
COMMENT ON COLUMN platform.job_audit.code IS 'Why it was refused, for programs.';
COMMENT ON COLUMN platform.job_audit.events IS 'What happened: the types of the events, none where it was so already.';
COMMENT ON COLUMN platform.job_audit.details IS 'A plan, a role or points, where they were changed. Nothing personal.';
COMMENT ON COLUMN platform.job_audit.version IS 'How many events the stream had afterwards.';
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON platform.job_audit
    FOR EACH ROW EXECUTE FUNCTION platform.only_added();
GRANT SELECT, INSERT ON platform.job_audit TO playhead_projector;
GRANT SELECT ON platform.job_audit TO playhead_app;
ALTER TABLE platform.job_audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform.job_audit FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON platform.job_audit FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY read_again ON platform.job_audit FOR SELECT TO playhead_projector USING (true);
CREATE POLICY added ON platform.job_audit FOR INSERT TO playhead_projector WITH CHECK (true);

CREATE VIEW platform.audit WITH (security_invoker = true) AS
SELECT command_id, stream, tenant_id, happened_at, actor, command, category, subject_id, outcome, code, events, details,
       version
FROM platform.session_audit
UNION ALL
SELECT command_id, stream, tenant_id, happened_at, actor, command, category, subject_id, outcome, code, events, details,
       version
FROM platform.job_audit;
COMMENT ON VIEW platform.audit IS 'The whole audit trail: one row a command, of every kind of stream.';
COMMENT ON COLUMN platform.audit.command_id IS 'The command: what was asked for, once.';
COMMENT ON COLUMN platform.audit.stream IS 'The stream that was asked.';
COMMENT ON COLUMN platform.audit.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN platform.audit.happened_at IS 'When it was asked for.';
COMMENT ON COLUMN platform.audit.actor IS 'Who asked: account:<id>, worker:<name>, or the service whose rule it was.';
COMMENT ON COLUMN platform.audit.command IS 'What was asked for: the type of the command.';
COMMENT ON COLUMN platform.audit.category IS 'Of what: session, project, preset, account or job.';
COMMENT ON COLUMN platform.audit.subject_id IS 'The id of that. NULL where nothing happened to it: the stream alone is known then.';
COMMENT ON COLUMN platform.audit.outcome IS 'applied or refused.';
COMMENT ON COLUMN platform.audit.code IS 'Why it was refused, for programs.';
COMMENT ON COLUMN platform.audit.events IS 'What happened: the types of the events, none where it was so already.';
COMMENT ON COLUMN platform.audit.details IS 'A plan, a role or points, where they were changed. Nothing personal.';
COMMENT ON COLUMN platform.audit.version IS 'How many events the stream had afterwards.';
GRANT SELECT ON platform.audit TO playhead_app;
