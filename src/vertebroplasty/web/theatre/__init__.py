"""The theatre: a rehearsal against the clock, under two X-ray monitors."""
