"""What an operator asks of the stores: to be cleaned, compared with what they should be, and timed.

cleanup.py     what the services' sweeps do by the clock, done now
catalogue.py   what stands in a PostgreSQL database and in a MongoDB database, as names and definitions
benchmark.py   connecting, reading and writing, in both stores
"""
