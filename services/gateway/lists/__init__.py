"""What a list is asked with: where a page begins, which days, from which moment."""
