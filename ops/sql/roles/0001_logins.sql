-- Who may log in, and what each may do. The owner of the tables migrates; no service needs to be him.
--
--   playhead_app        the gateway, and whoever reads for one tenant: nothing without `app.tenant`
--   playhead_projector  writes what is folded from the log
--   playhead_render     the render service: a projector that looks after the queue and the clean-up, too
--   playhead_worker     leases of the queue, and nothing else
--   playhead_blobs      the blob store, where it is in PostgreSQL
--   playhead_analyst    reads every tenant, and nothing personal
--   playhead_wallet, playhead_workflow, playhead_platform   an application's own SQL
--
-- None of them bypasses row-level security. `playhead migrate` gives them their passwords.
DO $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY ARRAY['playhead_render', 'playhead_worker', 'playhead_blobs', 'playhead_platform'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', one);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL; -- roles belong to the cluster: another database made it
        END;
    END LOOP;
    FOREACH one IN ARRAY ARRAY['playhead_app', 'playhead_projector', 'playhead_analyst'] LOOP
        IF NOT (SELECT rolcanlogin FROM pg_roles WHERE rolname = one) THEN
            EXECUTE format('ALTER ROLE %I LOGIN', one);
        END IF;
    END LOOP;
    IF NOT pg_has_role('playhead_render', 'playhead_projector', 'USAGE') THEN
        GRANT playhead_projector TO playhead_render;
    END IF;
    IF NOT pg_has_role('playhead_projector', 'playhead_blobs', 'USAGE') THEN
        GRANT playhead_blobs TO playhead_projector; -- it copies films
    END IF;
    IF NOT pg_has_role('playhead_platform', 'playhead_app', 'USAGE') THEN
        GRANT playhead_app TO playhead_platform;
        ALTER ROLE playhead_platform SET search_path = platform;
        ALTER ROLE playhead_platform SET app.tenant = 'demo';
        ALTER ROLE playhead_app SET default_transaction_read_only = on;
    END IF;
    -- Forced, the policies bind the owner of the tables, too: where he is the only login there is, he has to be all of them.
    FOREACH one IN ARRAY ARRAY['playhead_projector', 'playhead_render', 'playhead_worker', 'playhead_blobs', 'playhead_app'] LOOP
        IF NOT pg_has_role(current_user, one, 'USAGE') THEN
            EXECUTE format('GRANT %I TO %I WITH INHERIT TRUE, SET TRUE', one, current_user);
        END IF;
    END LOOP;
END
$$;

-- The gateway tells how far the projectors have come.
GRANT USAGE ON SCHEMA playhead TO playhead_app;
GRANT SELECT ON playhead.checkpoints TO playhead_app;

-- Whoever claims a job locks its row: for that he may update it, and the policy refuses every update that is made.
GRANT USAGE ON SCHEMA render TO playhead_worker, playhead_render;
GRANT SELECT, UPDATE (worker) ON render.queue TO playhead_worker;
GRANT SELECT, INSERT, UPDATE ON render.leases, render.turns TO playhead_worker;
GRANT SELECT, DELETE ON render.leases TO playhead_render;
GRANT SELECT, INSERT, UPDATE ON retention.collected TO playhead_render;
GRANT USAGE ON SCHEMA blobs TO playhead_blobs;
GRANT SELECT, INSERT, UPDATE, DELETE ON blobs.bytes, blobs.notes TO playhead_blobs;

-- Bytes belong to no tenant: two tenants may have the same. Their policy would keep a login from streaming them in, as COPY
-- knows none; so the table is nobody's but the blob store's, and a tenant sees the bytes of its films through a view.
DROP POLICY of_a_film ON blobs.bytes;
ALTER TABLE blobs.bytes DISABLE ROW LEVEL SECURITY;
REVOKE SELECT ON blobs.bytes FROM playhead_app;
CREATE VIEW wallet.film_bytes WITH (security_barrier = true) AS
SELECT b.sha256, b.data
FROM blobs.bytes b
WHERE EXISTS (
    SELECT FROM wallet.video_rows v
    WHERE v.sha256 = b.sha256 AND v.tenant_id = nullif(current_setting('app.tenant', true), '')
);
COMMENT ON VIEW wallet.film_bytes IS 'The bytes of the films of one tenant.';
COMMENT ON COLUMN wallet.film_bytes.sha256 IS 'The digest of the bytes.';
COMMENT ON COLUMN wallet.film_bytes.data IS 'The bytes.';
GRANT SELECT ON wallet.film_bytes TO playhead_app;
CREATE OR REPLACE VIEW wallet.videos WITH (security_invoker = true) AS
SELECT
    v.job_id AS video_id,
    v.job_id,
    a.wallet_address,
    b.data AS video_data,
    v.duration_sec,
    v.format,
    v.created_at,
    CASE WHEN b.sha256 IS NULL THEN
        'the bytes are not in this database: GET /api/videos/' || v.job_id || ' has them. To have them here too, set '
        || 'PLAYHEAD_FILM_COPIES=on for the analytics service, or keep all blobs here with PLAYHEAD_BLOBS_URL'
    END AS video_data_missing,
    v.sha256,
    v.size_bytes,
    v.tenant_id
FROM wallet.video_rows v
JOIN wallet.account_rows a ON a.account_id = v.account_id AND a.tenant_id = v.tenant_id AND a.kind = 'wallet'
LEFT JOIN wallet.film_bytes b ON b.sha256 = v.sha256;

-- Row-level security is forced on every table in which tenants are together.
ALTER TABLE analytics.fact_session FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics.fact_job FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics.fact_stage_attempt FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics.api_usage FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics.account_change FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics.job_status_change FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics.session_status_change FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics.fact_credit FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics.fact_asset FORCE ROW LEVEL SECURITY;
ALTER TABLE workflow.workflows FORCE ROW LEVEL SECURITY;
ALTER TABLE workflow.generated_files FORCE ROW LEVEL SECURITY;
ALTER TABLE workflow.scenes FORCE ROW LEVEL SECURITY;
ALTER TABLE workflow.users FORCE ROW LEVEL SECURITY;
ALTER TABLE render.queue ENABLE ROW LEVEL SECURITY;
ALTER TABLE render.queue FORCE ROW LEVEL SECURITY;
ALTER TABLE render.leases ENABLE ROW LEVEL SECURITY;
ALTER TABLE render.leases FORCE ROW LEVEL SECURITY;
ALTER TABLE render.turns ENABLE ROW LEVEL SECURITY;
ALTER TABLE render.turns FORCE ROW LEVEL SECURITY;
ALTER TABLE retention.jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention.jobs FORCE ROW LEVEL SECURITY;
ALTER TABLE retention.files ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention.files FORCE ROW LEVEL SECURITY;

-- Machinery that works for all tenants: whoever reads for one of them reads nothing of it.
CREATE POLICY projected ON render.queue TO playhead_projector USING (true) WITH CHECK (true);
CREATE POLICY seen ON render.queue FOR SELECT TO playhead_worker USING (true);
CREATE POLICY locked ON render.queue FOR UPDATE TO playhead_worker USING (true) WITH CHECK (false);
CREATE POLICY leased ON render.leases TO playhead_worker USING (true) WITH CHECK (true);
CREATE POLICY looked_after ON render.leases TO playhead_render USING (true) WITH CHECK (true);
CREATE POLICY taken ON render.turns TO playhead_worker USING (true) WITH CHECK (true);
CREATE POLICY projected ON retention.jobs TO playhead_projector USING (true) WITH CHECK (true);
CREATE POLICY projected ON retention.files TO playhead_projector USING (true) WITH CHECK (true);

-- An analyst reads what is not personal of the applications' tables: column by column, and of every tenant.
GRANT USAGE ON SCHEMA workflow, platform TO playhead_analyst;
GRANT SELECT (stream, tenant_id, id, user_id, status, phases, created_at, updated_at, completed_at, deleted_at, version)
    ON workflow.workflows TO playhead_analyst;
CREATE POLICY every_tenant ON workflow.workflows FOR SELECT TO playhead_analyst USING (true);
GRANT SELECT (stream, tenant_id, id, workflow_id, file_type, file_size, stage, created_at)
    ON workflow.generated_files TO playhead_analyst;
CREATE POLICY every_tenant ON workflow.generated_files FOR SELECT TO playhead_analyst USING (true);
GRANT SELECT (stream, tenant_id, workflow_id, scene_number, image_file_id, start_ms, end_ms, created_at)
    ON workflow.scenes TO playhead_analyst;
CREATE POLICY every_tenant ON workflow.scenes FOR SELECT TO playhead_analyst USING (true);
GRANT SELECT (stream, tenant_id, id, kind, role, plan, created_at) ON workflow.users TO playhead_analyst;
CREATE POLICY every_tenant ON workflow.users FOR SELECT TO playhead_analyst USING (true);
GRANT SELECT (stream, tenant_id, user_id, kind, role, plan, created_at, updated_at, deleted_at, version)
    ON platform.users TO playhead_analyst;
CREATE POLICY every_tenant ON platform.users FOR SELECT TO playhead_analyst USING (true);
GRANT SELECT (stream, tenant_id, user_id, provider, created_at) ON platform.accounts TO playhead_analyst;
CREATE POLICY every_tenant ON platform.accounts FOR SELECT TO playhead_analyst USING (true);
GRANT SELECT (stream, tenant_id, login_id, user_id, method, started_at, expires_at)
    ON platform.auth_sessions TO playhead_analyst;
CREATE POLICY every_tenant ON platform.auth_sessions FOR SELECT TO playhead_analyst USING (true);
GRANT SELECT (stream, tenant_id, project_id, user_id, status, created_at, updated_at, deleted_at, version)
    ON platform.projects TO playhead_analyst;
CREATE POLICY every_tenant ON platform.projects FOR SELECT TO playhead_analyst USING (true);
GRANT SELECT (stream, tenant_id, job_id, project_id, user_id, status, stages, attempts, error_code, created_at, updated_at, finished_at, version)
    ON platform.jobs TO playhead_analyst;
CREATE POLICY every_tenant ON platform.jobs FOR SELECT TO playhead_analyst USING (true);
GRANT SELECT (stream, tenant_id, job_id, project_id, user_id, number, start_ms, end_ms, created_at)
    ON platform.scenes TO playhead_analyst;
CREATE POLICY every_tenant ON platform.scenes FOR SELECT TO playhead_analyst USING (true);
GRANT SELECT (stream, tenant_id, asset_id, job_id, project_id, user_id, kind, media_type, sha256, size_bytes, duration_ms, created_at, expires_at)
    ON platform.assets TO playhead_analyst;
CREATE POLICY every_tenant ON platform.assets FOR SELECT TO playhead_analyst USING (true);
GRANT SELECT (stream, tenant_id, preset_id, user_id, is_default, created_at, updated_at, deleted_at, version)
    ON platform.presets TO playhead_analyst;
CREATE POLICY every_tenant ON platform.presets FOR SELECT TO playhead_analyst USING (true);
