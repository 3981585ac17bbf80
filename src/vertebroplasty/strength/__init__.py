"""What the cement does to the bone: stiffness and failure load before and after."""
