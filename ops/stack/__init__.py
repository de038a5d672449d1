"""The real Kafka, MongoDB, PostgreSQL and Valkey on one machine, from packages alone.

Holds  part.py        what a part is: a program, an address, a way to tell that it works
       kafka.py, mongo.py, postgres.py, valkey.py   the four parts; kafka_jars.py fetches and checks Kafka's jars,
                      kafka_training.py makes its next start faster
       packaged.py    programs that installed packages carry
       child.py       a process that cannot outlive the one that started it; troubles.py says why one ended
       ports.py       free ports, the same again after a restart; folder.py the data folder and its lock
       runner.py      starts programs, waits until they work, starts them again
       launcher.py    the parts that no URL replaces, all at once; endpoints.py where they answer
"""
