"""ops: the `playhead` command, for people who run Playhead and people who try it.

Holds  commands/      what can be asked for, one module a noun
       stack/         the real parts on one machine; supervisor.py runs them with the services of processes.py
       state.py       what the supervisor tells about itself
       bench/         how fast, beside what limits it
"""

from eventlog import collector

collector.begin()
