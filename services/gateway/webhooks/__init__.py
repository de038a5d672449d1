"""Webhooks: what happens to an account's things is told to the addresses that it has named.

Holds  targets.py     which addresses may be connected to, and the connection to nothing else
       secrets.py     what signs, derived and never stored
       schedule.py    when an attempt follows an attempt
       messages.py    what an event becomes for its receiver
       ports.py       endpoints and deliveries, as the rest of this package needs them
       stored.py      the same on MongoDB
       hearing.py     events in, one delivery an endpoint, and only then the position
       request.py     one request: signed, bounded, to a checked address
       sending.py     due deliveries claimed, sent, and what came of it kept
       running.py     all of it, for as long as the gateway lives
"""
