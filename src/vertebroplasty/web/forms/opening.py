"""The registry that a server was started with: opened for one request, and what a page says where there is none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from vertebroplasty.errors import Refused
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.registry.store.registry import Registry
from vertebroplasty.web.forms.who import who_of
from vertebroplasty.web.house import house_of
from vertebroplasty.web.pages import page
from vertebroplasty.web.safety import Conflict, NotFound

__all__ = ["START", "address_of", "opened", "shown", "status_of"]

START = "vertebroplasty serve --db sqlite:///registry.db"
NONE_HERE = f"This server was started without a registry: start it with `{START}`."


def address_of(request: Request) -> str:
    """The address of the registry.

    Raises:
        Refused: the server was started without one.
    """
    address = house_of(request).settings.db
    if address is None:
        raise Refused(NONE_HERE, where="--db")
    return address


@contextmanager
def opened(request: Request) -> Iterator[Registry]:
    """The registry, open for one request.

    Raises:
        Refused: there is none, or it cannot be opened.
    """
    with open_registry(address_of(request)) as registry:
        yield registry


def shown(request: Request, template: str, filled: Callable[[Registry], dict[str, Any]]) -> HTMLResponse:
    """A page filled from the registry; without one it says how to begin, and a refusal is shown in the same frame."""
    who = who_of(request)
    if house_of(request).settings.db is None:
        return page(request, "forms/none.html", command=START, who=who, registry_name="")
    try:
        with opened(request) as registry:
            content, name = filled(registry), registry.name
    except Refused as refusal:
        told = {"sentence": refusal.message, "who": who, "registry_name": ""}
        return page(request, "forms/refused.html", status=status_of(refusal), **told)
    return page(request, template, who=who, registry_name=name, **content)


def status_of(refusal: Refused) -> int:
    """The HTTP status of a refusal."""
    if isinstance(refusal, NotFound):
        return HTTPStatus.NOT_FOUND
    return HTTPStatus.CONFLICT if isinstance(refusal, Conflict) else HTTPStatus.BAD_REQUEST
