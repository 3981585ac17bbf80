"""What the literature found, and a series of one's own beside it: compared only where the definitions are the same."""
