"""The registry: what was done, what went wrong, what became of the patients, and statistics that hold up."""
