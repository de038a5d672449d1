"""From a call to a command in the log, once, and to what became of it."""
