"""contracts: the words that services exchange, and no code that acts on them.

Holds  envelope.py    what travels around every message (`Command`, `Commit`, `Recorded`)
       messages/      commands (strict) and events (tolerant), one module a stream category
       rendering.py   kinds, aspects, stages, artifacts: the nouns of a video
       documents.py   what MongoDB stores, typed once; the `$jsonSchema` validators come from here
       topics.py      topics as data: who writes, who reads, key, retention
       catalog.py     type + version <-> class, upcasters applied
       evolution.py   what an upcaster is; messages/evolutions/ holds them: old versions read as new, append-only
Asks   nothing of any other package of this project
"""
