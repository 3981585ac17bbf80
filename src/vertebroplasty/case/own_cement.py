"""A cement of the user's own by its file: read, made known by its key, and kept in the documents that used it."""

from collections.abc import Mapping
from pathlib import Path

from vertebroplasty.case.json_files import read_text
from vertebroplasty.cement.product import is_built_in, product, register
from vertebroplasty.documents.own_product import parse_own_product, restored_product, stated_product

__all__ = ["OWN_PRODUCT", "chosen_product", "own_parameters", "recall_own"]

OWN_PRODUCT = "own_product"
SUFFIX = ".toml"
REMEDY = "give a cement's TOML file, or a key of `info cements`"


def chosen_product(given: str | None) -> str | None:
    """The key of what `--product` names: a known cement's own, or that of the cement in a TOML file.

    Raises:
        Refused: the file cannot be read, or what it says is not a cement.
    """
    if given is None or not given.endswith(SUFFIX):
        return given
    file = Path(given)
    cement = parse_own_product(read_text(file, remedy=REMEDY, where="--product"), file.name)
    register(cement)
    return cement.key


def own_parameters(key: str) -> dict[str, object]:
    """For a document's parameters: all that the user's file said of this cement; nothing for a built-in one."""
    return {} if is_built_in(key) else {OWN_PRODUCT: stated_product(product(key))}


def recall_own(parameters: Mapping[str, object], name: str) -> None:
    """Make the own cement of a finished document known again, if it used one.

    Raises:
        Refused: what the document kept is not a cement.
    """
    if OWN_PRODUCT in parameters:
        register(restored_product(parameters[OWN_PRODUCT], name))
