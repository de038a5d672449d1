"""session: owns sessions and accounts.

Hears  playhead.session.commands    StartSession, RequestStages, RecordStage, DeleteSession, ReserveCredits, …
Tells  playhead.session.events      session.started, session.stages_requested, account.credits_reserved, …
Asks   playhead.render.commands     QueueJob, ApproveJob, FailJob, CancelJob (policies)
Keeps  Mongo `sessions`, `accounts`, `credentials`, `session_commands`, `session_history`
"""
