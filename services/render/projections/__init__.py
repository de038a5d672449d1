"""What the render service keeps: jobs, outcomes and history in MongoDB, the queue of its workers in PostgreSQL."""

from eventlog.read.journals import history, outcomes
from eventlog.read.projection import Journal, Projection
from services.render.projections import jobs, queue, retention, uploads

DOCUMENTS: tuple[Projection, ...] = (jobs.PROJECTION, uploads.PROJECTION)
JOURNALS: tuple[Journal, ...] = (
    Journal("render_commands", 1, outcomes),
    Journal("render_history", 1, history, of="stream"),
)
QUEUE: tuple[Projection, ...] = (queue.PROJECTION,)
RETENTION: tuple[Projection, ...] = (retention.JOBS, retention.FILES)
UPLOADS: tuple[Projection, ...] = (uploads.BYTES,)
