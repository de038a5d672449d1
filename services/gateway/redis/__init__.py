"""What Redis keeps for all gateways, and what stands in for it where there is none: the cache, and counts of calls."""
