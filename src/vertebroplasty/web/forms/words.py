"""What fields and coded words are called in the reader's language, and in which language that is said.

Where a label is missing, the registry's own English description stands for it, marked as English.
"""

from dataclasses import dataclass

from vertebroplasty.registry.entry.field_tree import FieldInfo
from vertebroplasty.web.texts.texts import all_texts

__all__ = ["Words", "field_words", "has_label", "word_words"]

FIELD, WORD = "registry.field_{}", "registry.word_{}"


@dataclass(frozen=True, slots=True)
class Words:
    """A text, and the code of its language where that is not the page's."""

    text: str
    lang: str = ""

    def __str__(self) -> str:
        return self.text


def has_label(key: str) -> bool:
    """Whether a field of this name, or of this class and name joined by _, has a label."""
    return FIELD.format(key) in all_texts()


def field_words(info: FieldInfo, language: str, owner: str = "") -> Words:
    """The label of a field; that of its class goes before that of its name alone."""
    for key in (f"{owner}_{info.name}", info.name):
        found = all_texts().get(FIELD.format(key))
        if found is not None:
            return Words(found[language])
    return Words(info.description.rstrip("."), "" if language == "en" else "en")


def word_words(word: str, language: str) -> Words:
    """A coded word as people say it."""
    found = all_texts().get(WORD.format(word.replace("-", "_")))
    if found is not None:
        return Words(found[language])
    return Words(word.replace("-", " "), "" if language == "en" or word[:1].isdigit() or len(word) == 1 else "en")
