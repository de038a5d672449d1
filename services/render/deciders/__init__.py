"""What the render service decides: jobs, and the users' own files."""

from services.render.deciders import job, upload

DECIDERS = (job.DECIDER, upload.DECIDER)
