"""What the render service decides: jobs."""

from services.render.deciders import job

DECIDERS = (job.DECIDER,)
