"""The routes, one module a noun. Each names who may call it (`auth.access`), what it takes and what it answers."""
