"""How the tables of a registry came to be, version after version."""
