"""A series in numbers: counts with their denominators, models, figures, the page for the quality meeting."""
