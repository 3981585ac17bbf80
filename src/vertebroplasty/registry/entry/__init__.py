"""How records come in: read, checked and entered by hand or from a table."""
