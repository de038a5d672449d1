"""A copy of what cannot be made again: the log of each events topic, and the bytes that it names.

manifest.py     what stands in the folder, with hashes; written last, so a folder that has one is finished
taking.py       from a stack into a folder; what was interrupted goes on where it stopped
checking.py     every chain and every hash of a folder
restoring.py    from a folder into an empty log; what was interrupted goes on where it stopped

Not in it, because the log makes it again: documents, tables, ledgers. Not in it, because it is of a moment: answers
to repeated calls, commands that nobody has decided yet. Not in it, because it is secret: keys and passwords.
"""
