"""What a refusal looks like: a small page for a person, JSON for a script; one sentence each."""

from collections.abc import Mapping
from html import escape
from string import Template

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope

from vertebroplasty.web.safety.asking import wants_page
from vertebroplasty.web.safety.sentences import Say

__all__ = ["page", "refusal"]

PAGE = Template(
    """<!doctype html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">$refresh
<title>$title</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/common/house.css">
</head>
<body class="light">
<main>
<h1>$title</h1>
<p>$sentence</p>
$content
<p><a href="/">$start_page</a></p>
</main>
<footer><p>$footer</p></footer>
</body>
</html>
"""
)
AT_ONCE = '\n<meta http-equiv="refresh" content="0; url=/">'


def page(scope: Scope, say: Say, *, title: str, sentence: str, content: str = "", to_start: bool = False) -> str:
    """A small page.

    Args:
        scope: the request, for its language.
        say: the sentences.
        title: key of the title.
        sentence: the sentence itself.
        content: HTML that is already safe.
        to_start: whether the browser goes on to the start page by itself.
    """
    return PAGE.substitute(
        language=escape(say(scope, "language")),
        title=escape(say(scope, title)),
        sentence=escape(sentence),
        content=content,
        start_page=escape(say(scope, "start-page")),
        footer=escape(say(scope, "footer")),
        refresh=AT_ONCE if to_start else "",
    )


def refusal(
    scope: Scope,
    say: Say,
    status: int,
    sentence: str,
    *,
    where: str = "",
    problems: tuple[str, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One sentence why not, as a page or as `{"error": ..., "where": ...}`; several problems are listed beside it."""
    if wants_page(scope):
        items = "".join(f"<li>{escape(problem)}</li>" for problem in problems)
        content = f"<ul>{items}</ul>" if items else ""
        text = page(scope, say, title="refused-title", sentence=sentence, content=content)
        return HTMLResponse(text, status, headers=headers)
    body: dict[str, object] = {"error": sentence, "where": where}
    if problems:
        body["problems"] = list(problems)
    return JSONResponse(body, status, headers=headers)
