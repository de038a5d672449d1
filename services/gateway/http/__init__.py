"""What HTTP has that no route should think of: problems and their codes, bodies, parts, conditions, links, cursors."""
