"""A copy of the log outside the log: every record as it stands, in sealed segments, in a directory or an object store.

segment.py     some records of one partition as compressed bytes, and what a manifest says of them
manifest.py    what an archive consists of: numbered manifests, each sealed, each naming the one before it
planning.py    what is to be archived next
store.py       the port to where the bytes are kept: a name is given once, and nothing is ever overwritten
directory.py   a local folder, flushed
objects.py     S3 and other object stores
writing.py     from a log into an archive; what was interrupted goes on where it stopped
checking.py    every hash and every chain of an archive, without a broker
reading.py     an archive as a log to read; an archive and the log's tail as one log
restoring.py   from an archive into an empty log

The first three do no I/O: they are the rules. A segment counts when a manifest names it, and a manifest is written
after its segments, in one step. So an archive is always a whole one: of now, or of before the run that was cut off.
"""
