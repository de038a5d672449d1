-- The jobs of one tenant that may be claimed, the best first: a claim looks at one job a tenant, not at all of them.
CREATE INDEX queue_claimable ON render.queue (tenant_id, priority DESC, queued_at, stream) WHERE claimable;
DROP INDEX render.queue_open;
CREATE INDEX queue_open ON render.queue (queued_at) WHERE state <> 'over';
