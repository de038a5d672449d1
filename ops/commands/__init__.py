"""What an operator can ask for, one module a noun."""
