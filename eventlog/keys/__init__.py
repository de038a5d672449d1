"""The keys of subjects: who they are is readable while their key stands, and nowhere any more once it is destroyed.

The store is its own, outside the log and its archives: `store.py` is the port, `postgres.py` and `memory.py` are its
adapters, `ring.py` is what a process knows of it, `opening.py` makes one of settings.
"""
