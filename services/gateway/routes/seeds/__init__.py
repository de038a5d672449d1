"""The routes of applications that were there before, one module for each, in their own shapes over the same core."""
