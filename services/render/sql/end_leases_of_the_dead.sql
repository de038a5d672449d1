-- End the leases of workers that were not heard for $1 seconds and have no session that says that they live.
UPDATE render.leases
SET lease_until = now()
WHERE lease_until > now()
    AND heartbeat_at < now() - make_interval(secs => $1)
    AND pg_try_advisory_xact_lock(hashtextextended(worker, 427020085613))
