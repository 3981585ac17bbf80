"""From files to a CT volume and named levels, or one sentence saying why not."""
