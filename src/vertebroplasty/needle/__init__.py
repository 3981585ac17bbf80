"""The corridor through the pedicle and the paths through it, with their clearances in millimetres."""
