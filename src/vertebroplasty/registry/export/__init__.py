"""How records go out: tidy tables, JSON lines, the journal, and without anything that names a person."""
