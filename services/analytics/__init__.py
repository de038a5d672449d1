"""analytics: owns nothing that is decided; tells in tables what happened.

Hears  playhead.session.events, playhead.render.events
Keeps  Postgres `analytics.fact_job`, `analytics.fact_stage_attempt`, `analytics.fact_session`, `analytics.api_usage`,
       `analytics.fact_status_change`, `analytics.fact_credit`, `analytics.fact_asset`,
       the one-shot application's `wallet.users`, `wallet.video_jobs`, `wallet.videos`,
       the workflow application's `workflow.workflows`, `generated_files`, `scenes`, `api_usage`, `users`,
       and the platform's `platform.users`, `accounts`, `auth_sessions`, `projects`, `jobs`, `scenes`, `assets`,
       `presets`, `session_audit`, `job_audit`

Every row is the fold of one stream, so no row depends on how two topics interleave; what spans streams is a view.
Nothing in a row comes from a clock or from an offset, so a rebuild gives the same rows; how fresh they are is told by
the view `analytics.freshness`.
"""
