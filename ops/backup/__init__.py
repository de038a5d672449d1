"""A copy of what cannot be made again: an archive of the log up to one moment, and the bytes that it names.

manifest.py     what stands in the folder, with hashes; written last, so a folder that has one is finished
taking.py       from a stack into a folder; what was interrupted goes on where it stopped
checking.py     every chain and every hash of a folder
restoring.py    the bytes, from a folder into a store; the log is restored as any archive is

Not in it, because the log makes it again: documents, tables, ledgers. Not in it, because it is of a moment: answers
to repeated calls, commands that nobody has decided yet. Not in it, because it is secret: keys and passwords.
"""
