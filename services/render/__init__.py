"""render: owns jobs, and turns their frozen inputs into finished videos.

Hears  playhead.render.commands
Tells  playhead.render.events
Keeps  Mongo `jobs`, Postgres `render_queue`, the blob store
"""
