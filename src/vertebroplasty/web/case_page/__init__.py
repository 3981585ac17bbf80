"""One case: slices along the vertebra's axes, measurements, screening, and needles that can be dragged."""
