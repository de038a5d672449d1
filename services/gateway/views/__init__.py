"""The shapes of answers, and the making of them from documents."""
