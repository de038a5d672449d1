-- What every column means, and who may read what.
DO $$
BEGIN
    CREATE ROLE playhead_app NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL; -- roles belong to the cluster: another database made it
END
$$;

-- The application reads one tenant's wallets: the tenant that its transaction has named, none where it has named none.
ALTER TABLE wallet.account_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet.job_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet.video_rows ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON wallet.account_rows FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY one_tenant ON wallet.job_rows FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY one_tenant ON wallet.video_rows FOR SELECT TO playhead_app
    USING (tenant_id = nullif(current_setting('app.tenant', true), ''));
CREATE POLICY projected ON wallet.account_rows TO playhead_projector USING (true) WITH CHECK (true);
CREATE POLICY projected ON wallet.job_rows TO playhead_projector USING (true) WITH CHECK (true);
CREATE POLICY projected ON wallet.video_rows TO playhead_projector USING (true) WITH CHECK (true);
ALTER VIEW wallet.users SET (security_invoker = true);
ALTER VIEW wallet.video_jobs SET (security_invoker = true);
ALTER VIEW wallet.videos SET (security_invoker = true);
GRANT USAGE ON SCHEMA wallet TO playhead_app;
GRANT SELECT ON ALL TABLES IN SCHEMA wallet TO playhead_app;

-- The analyst reads all tenants, without what is personal: no address, no script, no sentence about a failure.
CREATE VIEW analytics.wallet_account AS
SELECT tenant_id, account_id, prompt_points, created_at
FROM wallet.account_rows
WHERE kind = 'wallet';

CREATE VIEW analytics.wallet_job AS
SELECT tenant_id, job_id, account_id, status, created_at, updated_at
FROM wallet.job_rows;

CREATE VIEW analytics.wallet_video AS
SELECT tenant_id, video_id, job_id, account_id, duration_sec, format, size_bytes, created_at
FROM wallet.video_rows;

GRANT SELECT ON analytics.wallet_account, analytics.wallet_job, analytics.wallet_video TO playhead_analyst;

COMMENT ON VIEW analytics.wallet_account IS 'Accounts of wallets, without their addresses.';
COMMENT ON VIEW analytics.wallet_job IS 'Jobs in the words of the one-shot application, without their scripts.';
COMMENT ON VIEW analytics.wallet_video IS 'Films of the one-shot application''s jobs.';
COMMENT ON TABLE wallet.account_rows IS 'One row an account. Foreign keys between these tables would make a row wait for another stream; the views join them.';
COMMENT ON TABLE wallet.job_rows IS 'One row a job, in the words of the one-shot application.';
COMMENT ON TABLE wallet.video_rows IS 'One row a film.';


COMMENT ON COLUMN analytics.fact_session.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN analytics.fact_session.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.fact_session.session_id IS 'The session.';
COMMENT ON COLUMN analytics.fact_session.account_id IS 'Who pays.';
COMMENT ON COLUMN analytics.fact_session.kind IS 'The visual style: slides, scrolling_script or manim.';
COMMENT ON COLUMN analytics.fact_session.aspect IS 'Width to height: 16:9, 9:16 or 1:1.';
COMMENT ON COLUMN analytics.fact_session.language IS 'Language tag of the narration.';
COMMENT ON COLUMN analytics.fact_session.status IS 'created, active, completed, failed, canceled or deleted.';
COMMENT ON COLUMN analytics.fact_session.created_at IS 'When it was asked for.';
COMMENT ON COLUMN analytics.fact_session.refined_at IS 'When the prompt was made precise, the last time.';
COMMENT ON COLUMN analytics.fact_session.scripted_at IS 'When the narration was written, the last time.';
COMMENT ON COLUMN analytics.fact_session.voiced_at IS 'When the narration was spoken, the last time.';
COMMENT ON COLUMN analytics.fact_session.planned_at IS 'When the scenes were planned, the last time.';
COMMENT ON COLUMN analytics.fact_session.rendered_at IS 'When the film was made, the last time.';
COMMENT ON COLUMN analytics.fact_session.completed_at IS 'When it had its film, the last time.';
COMMENT ON COLUMN analytics.fact_session.failed_at IS 'When a job of it failed, the last time.';
COMMENT ON COLUMN analytics.fact_session.canceled_at IS 'When a job of it was canceled, the last time.';
COMMENT ON COLUMN analytics.fact_session.deleted_at IS 'When it was taken away.';
COMMENT ON COLUMN analytics.fact_session.error_code IS 'Why its last job failed; NULL once it goes on.';
COMMENT ON COLUMN analytics.fact_session.error_stage IS 'The stage at which that was.';
COMMENT ON COLUMN analytics.fact_session.jobs IS 'How many jobs it has asked for.';
COMMENT ON COLUMN analytics.fact_session.retries IS 'How often a job of it was taken up again.';
COMMENT ON COLUMN analytics.fact_session.updated_at IS 'Time of the newest of them.';
COMMENT ON COLUMN analytics.fact_session.version IS 'How many events of the stream the row is made of.';

COMMENT ON COLUMN analytics.fact_job.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN analytics.fact_job.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.fact_job.job_id IS 'The job.';
COMMENT ON COLUMN analytics.fact_job.session_id IS 'The session.';
COMMENT ON COLUMN analytics.fact_job.account_id IS 'Who pays.';
COMMENT ON COLUMN analytics.fact_job.kind IS 'The visual style: slides, scrolling_script or manim.';
COMMENT ON COLUMN analytics.fact_job.aspect IS 'Width to height: 16:9, 9:16 or 1:1.';
COMMENT ON COLUMN analytics.fact_job.stages IS 'How many stages it is for.';
COMMENT ON COLUMN analytics.fact_job.status IS 'queued, running, completed, failed, canceled or expired.';
COMMENT ON COLUMN analytics.fact_job.queued_at IS 'When it was queued.';
COMMENT ON COLUMN analytics.fact_job.approved_at IS 'When its points were set aside, the last time; NULL where none are needed.';
COMMENT ON COLUMN analytics.fact_job.claimed_at IS 'When a worker took it for the first time.';
COMMENT ON COLUMN analytics.fact_job.refined_at IS 'When the prompt was made precise.';
COMMENT ON COLUMN analytics.fact_job.scripted_at IS 'When the narration was written.';
COMMENT ON COLUMN analytics.fact_job.voiced_at IS 'When the narration was spoken.';
COMMENT ON COLUMN analytics.fact_job.planned_at IS 'When the scenes were planned.';
COMMENT ON COLUMN analytics.fact_job.rendered_at IS 'When the film was made.';
COMMENT ON COLUMN analytics.fact_job.ended_at IS 'When it ended, the last time; NULL while it goes on.';
COMMENT ON COLUMN analytics.fact_job.claims IS 'How often a worker took it.';
COMMENT ON COLUMN analytics.fact_job.failed_attempts IS 'How many attempts at a stage have failed.';
COMMENT ON COLUMN analytics.fact_job.runs IS '1, and one more for each retry after an end.';
COMMENT ON COLUMN analytics.fact_job.estimate_points IS 'The points that were expected when it was queued.';
COMMENT ON COLUMN analytics.fact_job.points IS 'The points that it cost, all runs together.';
COMMENT ON COLUMN analytics.fact_job.duration_ms IS 'Length of the narration or the film, in milliseconds.';
COMMENT ON COLUMN analytics.fact_job.error_code IS 'Why it failed or expired; NULL otherwise.';
COMMENT ON COLUMN analytics.fact_job.error_stage IS 'The stage at which that was.';
COMMENT ON COLUMN analytics.fact_job.updated_at IS 'Time of the newest of them.';
COMMENT ON COLUMN analytics.fact_job.version IS 'How many events of the stream the row is made of.';

COMMENT ON COLUMN analytics.fact_stage_attempt.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN analytics.fact_stage_attempt.stage IS 'refine, script, speech, scenes or video.';
COMMENT ON COLUMN analytics.fact_stage_attempt.number IS 'Counts the attempts at this stage of this job from 1.';
COMMENT ON COLUMN analytics.fact_stage_attempt.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.fact_stage_attempt.job_id IS 'The job.';
COMMENT ON COLUMN analytics.fact_stage_attempt.session_id IS 'The session.';
COMMENT ON COLUMN analytics.fact_stage_attempt.kind IS 'The visual style: slides, scrolling_script or manim.';
COMMENT ON COLUMN analytics.fact_stage_attempt.epoch IS 'The turn of the worker; NULL while nobody has begun.';
COMMENT ON COLUMN analytics.fact_stage_attempt.started_at IS 'When the worker could begin: it had taken the job, or finished the stage before.';
COMMENT ON COLUMN analytics.fact_stage_attempt.finished_at IS 'When the attempt ended.';
COMMENT ON COLUMN analytics.fact_stage_attempt.outcome IS 'waiting, running, completed, failed, lost (the worker vanished), released (it gave the job back) or stopped (the job ended).';
COMMENT ON COLUMN analytics.fact_stage_attempt.error_code IS 'What it failed with.';

COMMENT ON COLUMN analytics.api_usage.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN analytics.api_usage.number IS 'Counts the calls of the job from 1.';
COMMENT ON COLUMN analytics.api_usage.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.api_usage.job_id IS 'The job.';
COMMENT ON COLUMN analytics.api_usage.session_id IS 'The session.';
COMMENT ON COLUMN analytics.api_usage.stage IS 'The stage that called.';
COMMENT ON COLUMN analytics.api_usage.provider IS 'Who was called.';
COMMENT ON COLUMN analytics.api_usage.model IS 'What answered.';
COMMENT ON COLUMN analytics.api_usage.operation IS 'What was asked for.';
COMMENT ON COLUMN analytics.api_usage.calls IS 'How many calls the row stands for.';
COMMENT ON COLUMN analytics.api_usage.prompt_tokens IS 'Tokens sent.';
COMMENT ON COLUMN analytics.api_usage.completion_tokens IS 'Tokens received.';
COMMENT ON COLUMN analytics.api_usage.cost_micro_usd IS 'What it cost, in millionths of a US dollar.';
COMMENT ON COLUMN analytics.api_usage.latency_ms IS 'How long it took, in milliseconds.';
COMMENT ON COLUMN analytics.api_usage.used_at IS 'When the stage was finished.';

COMMENT ON COLUMN wallet.account_rows.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN wallet.account_rows.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN wallet.account_rows.account_id IS 'The account.';
COMMENT ON COLUMN wallet.account_rows.kind IS 'By what its owner is known: wallet, demo, api_key, anonymous or oidc.';
COMMENT ON COLUMN wallet.account_rows.wallet_address IS 'Personal. The address, where it has one.';
COMMENT ON COLUMN wallet.account_rows.prompt_points IS 'The balance, in points.';
COMMENT ON COLUMN wallet.account_rows.created_at IS 'When it was opened.';

COMMENT ON COLUMN wallet.job_rows.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN wallet.job_rows.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN wallet.job_rows.job_id IS 'The job.';
COMMENT ON COLUMN wallet.job_rows.account_id IS 'Who pays.';
COMMENT ON COLUMN wallet.job_rows.script_body IS 'Personal. The script to be spoken; empty once the film is there.';
COMMENT ON COLUMN wallet.job_rows.status IS 'pending, generating, completed or failed.';
COMMENT ON COLUMN wallet.job_rows.error_message IS 'Why it failed, for people.';
COMMENT ON COLUMN wallet.job_rows.created_at IS 'When it was queued.';
COMMENT ON COLUMN wallet.job_rows.updated_at IS 'Time of the newest of them.';

COMMENT ON COLUMN wallet.video_rows.stream IS 'The stream that the row is folded from.';
COMMENT ON COLUMN wallet.video_rows.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN wallet.video_rows.video_id IS 'The film.';
COMMENT ON COLUMN wallet.video_rows.job_id IS 'The job.';
COMMENT ON COLUMN wallet.video_rows.account_id IS 'Who pays.';
COMMENT ON COLUMN wallet.video_rows.duration_sec IS 'Its length, rounded to seconds.';
COMMENT ON COLUMN wallet.video_rows.format IS 'mp4.';
COMMENT ON COLUMN wallet.video_rows.sha256 IS 'Its bytes in the blob store.';
COMMENT ON COLUMN wallet.video_rows.size_bytes IS 'How many they are.';
COMMENT ON COLUMN wallet.video_rows.created_at IS 'When it was made.';

COMMENT ON COLUMN wallet.users.wallet_address IS 'Personal. The address.';
COMMENT ON COLUMN wallet.users.prompt_points IS 'The balance, in points.';
COMMENT ON COLUMN wallet.users.created_at IS 'When the account was opened.';
COMMENT ON COLUMN wallet.users.tenant_id IS 'Whose it is.';

COMMENT ON COLUMN wallet.video_jobs.job_id IS 'The job.';
COMMENT ON COLUMN wallet.video_jobs.wallet_address IS 'Personal. Who asked for it.';
COMMENT ON COLUMN wallet.video_jobs.script_body IS 'Personal. The script to be spoken; empty once the film is there.';
COMMENT ON COLUMN wallet.video_jobs.status IS 'pending, generating, completed or failed.';
COMMENT ON COLUMN wallet.video_jobs.error_message IS 'Why it failed, for people.';
COMMENT ON COLUMN wallet.video_jobs.created_at IS 'When it was queued.';
COMMENT ON COLUMN wallet.video_jobs.updated_at IS 'When it last changed.';
COMMENT ON COLUMN wallet.video_jobs.tenant_id IS 'Whose it is.';

COMMENT ON COLUMN wallet.videos.video_id IS 'The film.';
COMMENT ON COLUMN wallet.videos.job_id IS 'The job that made it.';
COMMENT ON COLUMN wallet.videos.wallet_address IS 'Personal. Who asked for it.';
COMMENT ON COLUMN wallet.videos.duration_sec IS 'Its length, rounded to seconds.';
COMMENT ON COLUMN wallet.videos.format IS 'mp4.';
COMMENT ON COLUMN wallet.videos.created_at IS 'When it was made.';
COMMENT ON COLUMN wallet.videos.sha256 IS 'Its bytes in the blob store.';
COMMENT ON COLUMN wallet.videos.size_bytes IS 'How many they are.';
COMMENT ON COLUMN wallet.videos.tenant_id IS 'Whose it is.';

COMMENT ON COLUMN analytics.success_rate.tenant_id IS 'Whose jobs.';
COMMENT ON COLUMN analytics.success_rate.day IS 'The day on which they were queued, UTC.';
COMMENT ON COLUMN analytics.success_rate.kind IS 'The visual style.';
COMMENT ON COLUMN analytics.success_rate.completed IS 'Jobs that have their result.';
COMMENT ON COLUMN analytics.success_rate.failed IS 'Jobs that failed or expired.';
COMMENT ON COLUMN analytics.success_rate.canceled IS 'Jobs that were stopped by their user.';
COMMENT ON COLUMN analytics.success_rate.unfinished IS 'Jobs that have not ended.';

COMMENT ON COLUMN analytics.stage_latency.tenant_id IS 'Whose jobs.';
COMMENT ON COLUMN analytics.stage_latency.stage IS 'refine, script, speech, scenes or video.';
COMMENT ON COLUMN analytics.stage_latency.kind IS 'The visual style.';
COMMENT ON COLUMN analytics.stage_latency.attempts IS 'How many completed attempts these are.';
COMMENT ON COLUMN analytics.stage_latency.p50_ms IS 'Half of them took no longer, in milliseconds.';
COMMENT ON COLUMN analytics.stage_latency.p90_ms IS 'Nine of ten took no longer.';
COMMENT ON COLUMN analytics.stage_latency.p95_ms IS 'Nineteen of twenty took no longer.';
COMMENT ON COLUMN analytics.stage_latency.p99_ms IS 'All but one of a hundred took no longer.';

COMMENT ON COLUMN analytics.freshness.projector IS 'Who reads.';
COMMENT ON COLUMN analytics.freshness.topic IS 'What it reads.';
COMMENT ON COLUMN analytics.freshness.partition IS 'Which part of it.';
COMMENT ON COLUMN analytics.freshness.next_offset IS 'Where it goes on; what is before stands in the tables.';
COMMENT ON COLUMN analytics.freshness.parked IS 'How many records could not be applied and wait.';

COMMENT ON COLUMN analytics.wallet_account.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.wallet_account.account_id IS 'The account.';
COMMENT ON COLUMN analytics.wallet_account.prompt_points IS 'The balance, in points.';
COMMENT ON COLUMN analytics.wallet_account.created_at IS 'When it was opened.';

COMMENT ON COLUMN analytics.wallet_job.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.wallet_job.job_id IS 'The job.';
COMMENT ON COLUMN analytics.wallet_job.account_id IS 'Who asked for it.';
COMMENT ON COLUMN analytics.wallet_job.status IS 'pending, generating, completed or failed.';
COMMENT ON COLUMN analytics.wallet_job.created_at IS 'When it was queued.';
COMMENT ON COLUMN analytics.wallet_job.updated_at IS 'When it last changed.';

COMMENT ON COLUMN analytics.wallet_video.tenant_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.wallet_video.video_id IS 'The film.';
COMMENT ON COLUMN analytics.wallet_video.job_id IS 'The job that made it.';
COMMENT ON COLUMN analytics.wallet_video.account_id IS 'Who asked for it.';
COMMENT ON COLUMN analytics.wallet_video.duration_sec IS 'Its length, rounded to seconds.';
COMMENT ON COLUMN analytics.wallet_video.format IS 'mp4.';
COMMENT ON COLUMN analytics.wallet_video.size_bytes IS 'Its size in the blob store.';
COMMENT ON COLUMN analytics.wallet_video.created_at IS 'When it was made.';
