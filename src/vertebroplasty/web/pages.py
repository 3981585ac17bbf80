"""Rendering a page: one frame for all, the reader's language, no script or style inside it."""

import json
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse

from vertebroplasty.__about__ import __version__
from vertebroplasty.web.house import house_of
from vertebroplasty.web.texts.texts import LANGUAGES, language_of, texts_in

__all__ = ["fragment", "page"]


def _as_data(values: object) -> Markup:
    """Values for a script of type application/json; nothing in them can end the element."""
    text = json.dumps(values, ensure_ascii=False, allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


ENVIRONMENT = Environment(
    loader=PackageLoader("vertebroplasty.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.filters["as_data"] = _as_data


def page(connection: HTTPConnection, template: str, *, status: int = 200, **content: Any) -> HTMLResponse:
    """A page of `templates/`; it knows `t`, `language`, `languages`, `csrf_token`, `boot` and `version`."""
    house, language = house_of(connection), language_of(connection)
    html = ENVIRONMENT.get_template(template).render(
        t=texts_in(language),
        language=language,
        languages=LANGUAGES,
        csrf_token=connection.state.session.csrf_token if hasattr(connection.state, "session") else "",
        boot=house.boot,
        run_opened=house.settings.finished is not None,
        version=__version__,
        path=connection.url.path,
        **content,
    )
    return HTMLResponse(html, status_code=status)


def fragment(connection: HTTPConnection, template: str, **content: Any) -> str:
    """A part of a page, that a script puts in its place; it knows `t`."""
    return ENVIRONMENT.get_template(template).render(t=texts_in(language_of(connection)), **content)
