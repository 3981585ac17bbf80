"""Looking strings up: `t("theatre.stop")` in the language of the reader."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from starlette.requests import HTTPConnection

__all__ = ["COOKIE", "LANGUAGES", "Texts", "all_texts", "language_of", "texts_in"]

LANGUAGES = {"en": "English", "fr": "Français", "de": "Deutsch"}
COOKIE = "language"


class Texts:
    """The strings of one language."""

    def __init__(self, language: str, found: Mapping[str, str]) -> None:
        self.language = language
        self._found = found

    def __call__(self, key: str, **values: object) -> str:
        """The string of a key, its `{names}` filled in.

        Raises:
            KeyError: there is no such key.
        """
        text = self._found[key]
        return text.format(**values) if values else text

    def under(self, prefix: str) -> dict[str, str]:
        """All strings whose key begins so, by the rest of the key: what a script needs."""
        return {key.removeprefix(prefix): text for key, text in self._found.items() if key.startswith(prefix)}


@cache
def all_texts() -> dict[str, dict[str, str]]:
    """Key to language to string, of every file in this folder; a file's name is its keys' first word."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted((each for each in files(__package__).iterdir()), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            room = file.name.removesuffix(".toml")
            for key, languages in tomllib.loads(file.read_text(encoding="utf-8")).items():
                found[f"{room}.{key}"] = languages
    return found


@cache
def texts_in(language: str) -> Texts:
    """The strings of a language."""
    return Texts(language, {key: languages[language] for key, languages in all_texts().items()})


def language_of(connection: HTTPConnection) -> str:
    """The reader's language: what was chosen, else what the browser prefers, else English."""
    chosen = connection.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    for part in connection.headers.get("accept-language", "").split(","):
        wanted = part.partition(";")[0].strip().lower()[:2]
        if wanted in LANGUAGES:
            return wanted
    return "en"
