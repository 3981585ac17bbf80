"""Scores and classes of the field: each says its source, its range and what happens on a boundary."""
