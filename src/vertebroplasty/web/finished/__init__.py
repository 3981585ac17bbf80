"""A finished run: its folder shown in the same look, read as if a stranger had written it."""
