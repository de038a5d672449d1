"""services: the four services of Playhead, each a process of its own; none imports another."""

from eventlog import collector

collector.begin()
