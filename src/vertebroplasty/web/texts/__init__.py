"""Every string of the pages in English, French and German, side by side: one file a room."""
