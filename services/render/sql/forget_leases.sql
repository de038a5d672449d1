-- Leases of jobs that have ended, once the log has seen their epoch: a later turn will count on from there.
DELETE FROM render.leases l
USING render.queue q
WHERE q.stream = l.stream AND q.state = 'over' AND q.epoch >= l.epoch AND l.lease_until <= now()
