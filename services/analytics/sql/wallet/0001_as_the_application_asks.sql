-- The one-shot application's own SQL answers: its columns, its film with its bytes, a role that finds them by name.

-- A balance has no bound; the application's column is an INTEGER, so its view shows the nearest one.
DROP VIEW wallet.users;
DROP VIEW analytics.wallet_account;
ALTER TABLE wallet.account_rows ALTER COLUMN prompt_points TYPE bigint;

CREATE VIEW wallet.users WITH (security_invoker = true) AS
SELECT
    wallet_address,
    least(greatest(prompt_points, -2147483648), 2147483647)::integer AS prompt_points,
    created_at,
    tenant_id
FROM wallet.account_rows
WHERE kind = 'wallet';

CREATE VIEW analytics.wallet_account AS
SELECT tenant_id, account_id, prompt_points, created_at
FROM wallet.account_rows
WHERE kind = 'wallet';

-- A job has one film, so the film has the job's id: jobs that came to the same file have each a film of their own.
CREATE INDEX video_rows_sha256 ON wallet.video_rows (sha256);
DROP VIEW wallet.videos;
CREATE VIEW wallet.videos WITH (security_invoker = true) AS
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
LEFT JOIN blobs.bytes b ON b.sha256 = v.sha256;

CREATE OR REPLACE VIEW analytics.wallet_video AS
SELECT tenant_id, job_id AS video_id, job_id, account_id, duration_sec, format, size_bytes, created_at
FROM wallet.video_rows;

-- Whoever sees a film sees its bytes, and no others: the films that a role sees are those of its tenant.
ALTER TABLE blobs.bytes ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_a_film ON blobs.bytes FOR SELECT TO playhead_app
    USING (EXISTS (SELECT FROM wallet.video_rows v WHERE v.sha256 = bytes.sha256));
GRANT USAGE ON SCHEMA blobs TO playhead_app;
GRANT SELECT ON blobs.bytes TO playhead_app;

-- What is written here is written by events; whoever tries is told which call makes them.
CREATE FUNCTION wallet.is_a_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is a call of the API: these rows are made of events', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'feature_not_supported', HINT = TG_ARGV[0];
END
$$;
COMMENT ON FUNCTION wallet.is_a_call() IS 'Refuses a write and names the call that does the same.';
CREATE TRIGGER is_a_call INSTEAD OF INSERT OR UPDATE OR DELETE ON wallet.users FOR EACH ROW
    EXECUTE FUNCTION wallet.is_a_call('A user is made by PUT /api/users/{walletAddress}, and goes with DELETE /v1/me.');
CREATE TRIGGER is_a_call INSTEAD OF INSERT OR UPDATE OR DELETE ON wallet.video_jobs FOR EACH ROW
    EXECUTE FUNCTION wallet.is_a_call('POST /api/generate makes a job; DELETE /api/jobs?status=completed&olderThanDays=30 forgets old ones.');
CREATE TRIGGER is_a_call INSTEAD OF INSERT OR UPDATE OR DELETE ON wallet.videos FOR EACH ROW
    EXECUTE FUNCTION wallet.is_a_call('POST /api/generate makes a video; DELETE /api/videos/{videoId} deletes it.');

-- The role of the application: names without a schema are its tables, and it sees one tenant.
DO $$
BEGIN
    CREATE ROLE playhead_wallet LOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL; -- roles belong to the cluster: another database made it
END
$$;
GRANT playhead_app TO playhead_wallet;
ALTER ROLE playhead_wallet SET search_path = wallet;
ALTER ROLE playhead_wallet SET app.tenant = 'demo';

GRANT SELECT, INSERT, UPDATE, DELETE ON wallet.users, wallet.video_jobs, wallet.videos TO playhead_app;
GRANT SELECT ON analytics.wallet_account TO playhead_analyst;

COMMENT ON VIEW wallet.users IS 'One row a wallet; prompt_points is the balance of its account.';
COMMENT ON COLUMN wallet.users.wallet_address IS 'Personal. The address; hexadecimal ones in small letters.';
COMMENT ON COLUMN wallet.users.prompt_points IS 'The balance, in points; the nearest INTEGER where it is beyond.';
COMMENT ON COLUMN wallet.users.created_at IS 'When it was opened.';
COMMENT ON COLUMN wallet.users.tenant_id IS 'Whose it is.';
COMMENT ON VIEW wallet.videos IS 'Films of wallets, with their bytes.';
COMMENT ON COLUMN wallet.videos.video_id IS 'The film: the id of its job, which has one.';
COMMENT ON COLUMN wallet.videos.job_id IS 'The job that made it.';
COMMENT ON COLUMN wallet.videos.wallet_address IS 'Personal. Whose it is.';
COMMENT ON COLUMN wallet.videos.video_data IS 'The bytes; NULL where this database does not have them.';
COMMENT ON COLUMN wallet.videos.duration_sec IS 'How long it plays, in whole seconds.';
COMMENT ON COLUMN wallet.videos.format IS 'mp4.';
COMMENT ON COLUMN wallet.videos.created_at IS 'When it was made.';
COMMENT ON COLUMN wallet.videos.video_data_missing IS 'Why video_data is NULL, and what to do; NULL where it is not.';
COMMENT ON COLUMN wallet.videos.sha256 IS 'The digest of the bytes.';
COMMENT ON COLUMN wallet.videos.size_bytes IS 'How many bytes it has.';
COMMENT ON COLUMN wallet.videos.tenant_id IS 'Whose it is.';
COMMENT ON VIEW analytics.wallet_account IS 'Accounts of wallets, without their addresses.';
COMMENT ON COLUMN analytics.wallet_account.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.wallet_account.account_id IS 'The account.';
COMMENT ON COLUMN analytics.wallet_account.prompt_points IS 'The balance, in points.';
COMMENT ON COLUMN analytics.wallet_account.created_at IS 'When it was opened.';
