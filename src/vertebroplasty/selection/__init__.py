"""Should this level be treated: every rule answers yes, no or unknown, because of what, and says who."""
