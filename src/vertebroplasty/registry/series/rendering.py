"""Registry pages from their templates: one look, everything inside the page, the purpose on every one."""

from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from vertebroplasty.__about__ import __version__
from vertebroplasty.documents.common import NOT_A_DEVICE

__all__ = ["rendered"]


def rendered(template: str, **content: object) -> str:
    """A page as HTML; text is escaped, `Markup` is taken as it is."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    text = (files("vertebroplasty.registry.series") / "templates" / template).read_text(encoding="utf-8")
    style = (files("vertebroplasty.report") / "templates" / "report.css").read_text(encoding="utf-8")
    return environment.from_string(text).render(
        version=__version__, disclaimer=NOT_A_DEVICE, style=Markup(style), **content
    )
