-- One claim at a time, so that each sees whom the one before has served; the key spells `claim` in ASCII.
SELECT pg_advisory_xact_lock(427020085613)
