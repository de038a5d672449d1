"""The render worker: takes jobs off the queue, runs their stages, and says so to the log.

A job belongs to a worker by two things. The *lease* (PostgreSQL, 15 s, renewed every 3) says who should be at work; it
makes workers take turns and is allowed to be wrong; it ends early when its worker is seen to be dead. The *epoch* (the
job's stream) says whose words count; the decider refuses all but the newest. A worker that was frozen past its lease
and woken finds its lease over, stops what it had running and forgets the job; whatever it had sent meanwhile carries an
old epoch and changes nothing.

Holds  queue.py      claims, leases and looks: the statements of `render.queue`
       presence.py   a session that ends with the process, so that a dead worker is noticed
       lease.py      keeps a lease, and ends the work when the job is no longer this worker's
       words.py      the worker's commands, their ids made of job, epoch and what they say
       turn.py       one turn at one job: claim, stages, outcome
       worker.py     turn after turn, until it is told to stop
       progress.py   how far a job is, told at most twice a second
       news.py       the topic where it is told
       workspace.py  a folder to work in, and the removal of those of dead workers
       tools.py      the real engines and the blob store
       app.py        the wiring
       settings.py   what the worker asks its environment for
"""
