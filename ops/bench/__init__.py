"""Benchmarks: each beside what limits it, or a rival, in the same run.

Holds  measure.py   rounds in turn, medians, ratios, percentiles; what is printed
       commands.py  the commands that are decided: real ones, from one seed
       log.py       decide and append (P3), verify and fold (P6)
       decided.py   a log of real commits in memory
       rebuilds.py  the fold of a rebuild into MongoDB (P4) and PostgreSQL (P5), beside only writing what it comes to
       under_load.py every projector made again, switched to and taken back beside commands and readers (C1)
       open_loop.py commands at their moments, and when each was seen
       visible.py   from a command to the document that shows it (P2), beside a task queue
       gateway*.py  the gateway accepts a command (P1) and answers a session (P8), beside calls that do nothing
       cache.py     a project that is read again (P9)
"""
