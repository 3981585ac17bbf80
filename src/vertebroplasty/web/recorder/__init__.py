"""The recorder for the real room, and the time-out before it: documentation, not guidance."""
