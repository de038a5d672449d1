"""Playhead beside what one would take instead, on the same work: how fast, and what a kill -9 costs.

Holds  speed.py      throughput and latency: P3, P3b, P2
       losses.py     every system under the same kills, one figure each
       counting.py   what became of each wish: lost, done twice, out of order; pure
       killing.py    wishes are sent while processes are killed, at moments that a seed decides
       ours.py       Playhead: the running service `session`
       sourced.py    the library eventsourcing: an aggregate a stream, and a projection with its tracking
       sourcing.py   its two processes, and their wishes
       queued.py     Celery: a task that writes its effect
       queueing.py   its worker, and its wishes
       processes.py  a rival's process, killed and started again
       waiting.py    until something is so
       tables.py     where the rivals write in PostgreSQL: a schema that is gone afterwards
       everything.py all of it, for `playhead bench rivals`
"""
