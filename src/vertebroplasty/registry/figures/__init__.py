"""Figures of a series as SVG text: no operator is named in them and no patient."""
