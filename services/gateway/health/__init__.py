"""How the parts are, how large they are, and how far the projections are behind."""
