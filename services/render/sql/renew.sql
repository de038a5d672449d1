-- Another $4 seconds for whoever still holds the lease; no row: it is lost.
UPDATE render.leases
SET lease_until = now() + make_interval(secs => $4), heartbeat_at = now()
WHERE stream = $1 AND epoch = $2 AND worker = $3 AND lease_until > now()
