-- End a lease now. Its epoch stays, so that the next turn gets another.
UPDATE render.leases
SET lease_until = now()
WHERE stream = $1 AND epoch = $2 AND worker = $3
