"""Long work beside the pages: each job in a process of its own, with progress and cancel."""
