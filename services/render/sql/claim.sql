-- Give worker $1 the job whose turn it is, for $2 seconds, its tenant having fewer than $3 times its share at work ($4: priorities, $5: their shares); after $6 seconds a job has the highest of them; no row: nothing to do.
WITH RECURSIVE tenants AS (
    (SELECT tenant_id FROM render.queue WHERE claimable ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT (
        SELECT q.tenant_id FROM render.queue q
        WHERE q.claimable AND q.tenant_id > t.tenant_id
        ORDER BY q.tenant_id LIMIT 1
    )
    FROM tenants t
    WHERE t.tenant_id IS NOT NULL
), at_work AS (
    SELECT l.tenant_id, count(*) AS jobs
    FROM render.leases l
    JOIN render.queue q ON q.stream = l.stream AND q.state <> 'over'
    WHERE l.lease_until > now()
    GROUP BY l.tenant_id
), candidates AS (
    SELECT best.stream, best.priority, best.queued_at, best.last_epoch, t.tenant_id, t.claimed_at, a.jobs,
        (SELECT max(p.priority) FROM unnest($4::integer[]) p (priority)) AS highest
    FROM (SELECT tenant_id, claimed_at FROM tenants LEFT JOIN render.turns USING (tenant_id)) t
    LEFT JOIN at_work a ON a.tenant_id = t.tenant_id
    CROSS JOIN LATERAL (
        SELECT q.stream, q.priority, q.queued_at, coalesce(l.epoch, 0) AS last_epoch
        FROM render.queue q
        LEFT JOIN render.leases l ON l.stream = q.stream
        WHERE q.tenant_id = t.tenant_id
            AND q.claimable
            AND (q.not_before IS NULL OR q.not_before <= now())
            AND (l.lease_until IS NULL OR l.lease_until <= now())
        ORDER BY q.priority DESC, q.queued_at, q.stream
        LIMIT 1
    ) best
    WHERE coalesce(a.jobs, 0) < $3::bigint * (
        SELECT coalesce(max(p.share), 1) FROM unnest($4::integer[], $5::integer[]) p (priority, share)
        WHERE p.priority <= best.priority
    )
), chosen AS (
    SELECT q.stream, q.tenant_id, q.job_id, q.session_id, q.account_id, q.inputs, greatest(q.epoch, c.last_epoch) + 1 AS next_epoch
    FROM candidates c
    JOIN render.queue q ON q.stream = c.stream AND q.claimable
    ORDER BY
        greatest(c.priority, CASE WHEN c.queued_at < now() - make_interval(secs => $6) THEN c.highest END) DESC,
        coalesce(c.jobs, 0), c.claimed_at NULLS FIRST, c.queued_at, c.stream
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
SELECT c.stream, c.tenant_id, c.job_id, c.session_id, c.account_id, c.inputs, leased.epoch
FROM chosen c
JOIN leased ON leased.stream = c.stream
