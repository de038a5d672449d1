"""What admins of a tenant may do for its accounts. Each thing they do is a command with them as its actor."""
