"""One patient's walk through all the rooms."""
