"""The registry in the browser: forms, due list and series."""
