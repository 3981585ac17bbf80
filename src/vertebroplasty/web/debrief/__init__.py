"""The debrief: what was hidden during a rehearsal, its score, and the cement growing in time."""
