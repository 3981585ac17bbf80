"""The three founding series as clearly synthetic records whose margins are the printed ones, and nothing more."""
