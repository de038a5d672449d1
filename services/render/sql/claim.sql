-- Give worker $1 the job whose turn it is, for $2 seconds, its tenant having fewer than $3 at work; no row: nothing to do.
WITH at_work AS (
    SELECT l.tenant_id, count(*) AS jobs
    FROM render.leases l
    JOIN render.queue q ON q.stream = l.stream AND q.state <> 'over'
    WHERE l.lease_until > now()
    GROUP BY l.tenant_id
), chosen AS (
    SELECT q.*, greatest(q.epoch, coalesce(l.epoch, 0)) + 1 AS next_epoch
    FROM render.queue q
    LEFT JOIN render.leases l ON l.stream = q.stream
    LEFT JOIN render.turns t ON t.tenant_id = q.tenant_id
    LEFT JOIN at_work a ON a.tenant_id = q.tenant_id
    WHERE q.state <> 'over'
        AND q.claimable
        AND (q.not_before IS NULL OR q.not_before <= now())
        AND (l.lease_until IS NULL OR l.lease_until <= now())
        AND coalesce(a.jobs, 0) < $3
    ORDER BY q.priority DESC, coalesce(a.jobs, 0), t.claimed_at NULLS FIRST, q.queued_at, q.stream
    LIMIT 1
    FOR UPDATE OF q SKIP LOCKED
), served AS (
    INSERT INTO render.turns (tenant_id, claimed_at)
    SELECT tenant_id, clock_timestamp() FROM chosen
    ON CONFLICT (tenant_id) DO UPDATE SET claimed_at = excluded.claimed_at
), leased AS (
    INSERT INTO render.leases (stream, tenant_id, epoch, worker, lease_until, heartbeat_at)
    SELECT stream, tenant_id, next_epoch, $1, now() + make_interval(secs => $2), now() FROM chosen
    ON CONFLICT (stream) DO UPDATE SET
        epoch = excluded.epoch,
        worker = excluded.worker,
        lease_until = excluded.lease_until,
        heartbeat_at = excluded.heartbeat_at
    RETURNING stream, epoch
)
SELECT c.stream, c.tenant_id, c.job_id, c.session_id, c.inputs, leased.epoch
FROM chosen c
JOIN leased ON leased.stream = c.stream
