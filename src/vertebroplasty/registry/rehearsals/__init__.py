"""Finished rehearsals, kept as rehearsals and never as procedures."""
