"""The JSON documents of the command line, typed: the only place where pydantic lives besides the command line."""
