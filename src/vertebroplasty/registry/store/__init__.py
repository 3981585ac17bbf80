"""Where records are kept: one file or a server, a journal with a chain of hashes, migrations, backup."""
