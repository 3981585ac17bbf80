"""Mix, wait, push, stop: the setting clock, the pressure, the front and the leaks."""
