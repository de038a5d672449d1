"""What the routes work with: ports, for others to stand behind, and what waits and is woken in this process."""
