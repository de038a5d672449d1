"""eventlog: the machinery, blind to the domain. It reads the envelope, never the letter.

Holds  commit.py     the hash chain and the accept rule: which records of a partition count
       log.py        the port `EventLog`; memory.py and kafka.py are its adapters
       write/        decider, ledger, processor (commands in, commits out), policy (event -> commands)
       read/         projection, projector, parking; mongo.py and postgres.py keep what they fold
       service.py    a process: probes, drain, crash loudly; telemetry.py its metrics and logs
       clock.py      the only clock and the only dice
"""
