"""What the projections say: on MongoDB and PostgreSQL, each question bound to a tenant."""
