"""The real Kafka, MongoDB, PostgreSQL and Valkey on one machine, from packages alone.

Holds  part.py        what a part is: a program, an address, a way to tell that it works
       kafka.py, mongo.py, postgres.py, valkey.py   the four parts; kafka_jars.py fetches and checks Kafka's jars
       child.py       a process that cannot outlive the launcher
       ports.py       free ports, the same again after a restart; folder.py the data folder and its lock
       launcher.py    starts what is not given by a URL, all at once, and waits until each works
"""
