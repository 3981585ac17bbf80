"""What needle, cement and fluoroscopy all speak of: frames, needles, C-arm poses.  World is LPS, millimetres."""
