"""What a request says of itself: its headers, who made the browser send it, whether it wants a page."""

from collections.abc import Iterator

from starlette.types import Scope

__all__ = ["cookies_named", "header_values", "is_from_elsewhere", "is_top_level_visit", "only_header", "wants_page"]

OURS = (b"same-origin", b"none")


def header_values(scope: Scope, name: bytes) -> list[bytes]:
    """Every value of a header (`name` in lower case)."""
    return [value for key, value in scope["headers"] if key.lower() == name]


def only_header(scope: Scope, name: bytes) -> bytes | None:
    """The value of a header sent exactly once; None where it is missing or repeated."""
    values = header_values(scope, name)
    return values[0] if len(values) == 1 else None


def cookies_named(scope: Scope, name: str) -> Iterator[str]:
    """Every value of the cookies of that exact name."""
    for line in header_values(scope, b"cookie"):
        for pair in line.decode("latin-1").split(";"):
            key, equals, value = pair.strip().partition("=")
            if equals and key == name:
                yield value


def is_top_level_visit(scope: Scope) -> bool:
    """Whether the browser fetches a page for a whole window, which no other page can read."""
    return (
        scope["method"] == "GET"
        and only_header(scope, b"sec-fetch-mode") == b"navigate"
        and only_header(scope, b"sec-fetch-dest") == b"document"
    )


def is_from_elsewhere(scope: Scope) -> bool:
    """Whether the browser says that another site, or another port of this host, caused the request."""
    return any(value not in OURS for value in header_values(scope, b"sec-fetch-site"))


def wants_page(scope: Scope) -> bool:
    """Whether a person will look at the answer, rather than a script."""
    mode = only_header(scope, b"sec-fetch-mode")
    if mode is not None:
        return mode == b"navigate"
    return any(b"text/html" in value for value in header_values(scope, b"accept"))
