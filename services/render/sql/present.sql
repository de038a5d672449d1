-- Say that worker $1 lives, for as long as this session does; the key spells `claim` in ASCII.
SELECT pg_advisory_lock_shared(hashtextextended($1, 427020085613))
