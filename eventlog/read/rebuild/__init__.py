"""Rebuild beside, compare, switch, roll back: for every projector, whatever its store is.

Holds  generations.py  what is known of a projector's generations, and how that may change: pure
       port.py         what a store has to be able to do
       folding.py      the log folded in memory and poured into a generation, up to a place that is named
       following.py    all partitions folded side by side, to where the current generation stands
       comparing.py    two generations at one place in the log, row by row
       running.py      one rebuild or rollback, from wherever it was left to its end
       memory.py       the port in memory

A *generation* is everything that a projector keeps, with its positions: collections in MongoDB, tables in PostgreSQL.
Readers see the current one. A rebuild makes the next beside it, and the one before stays for a rollback.
"""
