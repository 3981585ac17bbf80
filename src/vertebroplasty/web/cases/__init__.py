"""The cases a server knows: synthetic ones, a folder of the user's, uploads, and a finished run to look at."""
