"""session: owns sessions, accounts with their keys and webhook endpoints, presets and the editor's projects.

Hears  playhead.session.commands    StartSession, RequestStages, RecordStage, DeleteSession, ReserveCredits, …
Tells  playhead.session.events      session.started, session.stages_requested, account.credits_reserved, …
Asks   playhead.render.commands     QueueJob, ApproveJob, FailJob, CancelJob (policies)
Keeps  Mongo `sessions`, `accounts`, `credentials`, `presets`, `projects`, `timeline_states`, `webhooks`,
       `session_commands`, `session_history`
"""
