"""One self-contained page that a clinician reads in two minutes."""
