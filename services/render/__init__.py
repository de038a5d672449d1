"""render: owns jobs, and the users' own files.

Hears  playhead.render.commands      QueueJob, ApproveJob, ClaimJob, CompleteStage, CancelJob, …
                                     AnnounceUpload, ReceiveUpload, …
Tells  playhead.render.events        job.queued, job.claimed, job.stage_completed, job.completed, …
       playhead.render.progress      how far a running job is: news, no fact
Asks   playhead.session.commands     RecordStage, ReserveCredits, SettleCredits, … (policies)
Keeps  Mongo `jobs`, `uploads`, `render_commands`, `render_history`; Postgres `render.queue`, `render.leases`,
       `retention.*`; the blob store

Two kinds of processes: `python -m services.render` decides and projects, `python -m services.render worker` renders.
"""
