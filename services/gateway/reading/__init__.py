"""What the projections say: the ports of reading, on MongoDB and PostgreSQL, each question bound to a tenant."""
