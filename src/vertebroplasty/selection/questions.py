"""What to ask for each input that is not stated, and what the input is called in a sentence."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["Question", "all_questions", "question_for"]


@dataclass(frozen=True, slots=True)
class Question:
    """The short name of an input and the question that asks for it."""

    name: str
    question: str


@cache
def all_questions() -> Mapping[str, Question]:
    """Every question by its input; `level.` stands for one level's findings."""
    text = files("vertebroplasty.selection").joinpath("questions.toml").read_text(encoding="utf-8")
    return {key: Question(**fields) for key, fields in tomllib.loads(text).items()}


def question_for(path: str) -> Question:
    """The question behind a path of the patient file, for example `levels.L3.painful`."""
    parts = path.split(".")
    return all_questions()[f"level.{'.'.join(parts[2:])}" if parts[0] == "levels" else path]
