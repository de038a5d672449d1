"""Commands in, commits out: deciders are pure, a lane is the protocol without I/O, a processor drives it."""
