"""The user's own cement in a TOML file: the same numbers as a built-in one, each with where it comes from."""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from vertebroplasty.cement.product import Product, products
from vertebroplasty.documents.common import Part
from vertebroplasty.documents.input_problems import parsed_toml, refusal
from vertebroplasty.documents.patient_problems import harmless
from vertebroplasty.errors import Refused

__all__ = ["OWN_PRODUCT_TEMPLATE", "OwnProductDocument", "parse_own_product", "restored_product", "stated_product"]

OWN_PRODUCT_TEMPLATE = """\
# A cement of your own.  Give this file to `--product`.  Every number states its source: the leaflet, a paper, a test.
# Times in minutes after mixing began, for parts and room at 22 °C; viscosity at a shear rate of 1/s.
schema = "vertebroplasty.product/1"
key = "our-cement"
name = "Our cement"
family = "acrylic"                          # acrylic or calcium-phosphate
components = ["pmma", "barium-sulfate"]     # what an allergy may be stated against
opacifier = "barium-sulfate"                # barium-sulfate, zirconia, tantalum, tungsten or bone-mineral

[numbers]
powder_g = { value = 20.0, source = "leaflet" }
liquid_g = { value = 9.2, source = "leaflet" }
opacifier_powder_fraction = { value = 0.30, source = "leaflet" }    # of the powder, as labels print it
liquid_min = { value = 5.1, plus_minus = 0.7, source = "own test" }
paste_min = { value = 3.4, plus_minus = 0.3, source = "own test" }
handling_min = { value = 8.5, plus_minus = 0.8, source = "own test" }
hardened_min = { value = 10.0, source = "own test" }
consistency_paste_pa_s = { value = 100.0, source = "own test" }
consistency_end_pa_s = { value = 2000.0, source = "own test" }
# yield_end_pa = { value = 50.0, source = "own test" }     # below this stress it does not flow; none if left out
"""

Name = Annotated[str, Field(min_length=1, max_length=80)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class Stated(Part):
    """A number with its source."""

    source: Name = Field(description="Where the number comes from.")
    plus_minus: Annotated[float, Field(ge=0.0)] | None = Field(default=None, description="Its spread, if stated.")


class Grams(Stated):
    """A mass."""

    value: Annotated[float, Field(ge=0.5, le=500.0)] = Field(description="Grams.")


class Fraction(Stated):
    """A share of the powder."""

    value: Annotated[float, Field(ge=0.0, le=1.0)] = Field(description="0 to 1; labels print percent of the powder.")


class Minutes(Stated):
    """A time."""

    value: Annotated[float, Field(ge=0.1, le=120.0)] = Field(description="Minutes at 22 °C.")


class Consistency(Stated):
    """A viscosity."""

    value: Annotated[float, Field(ge=0.1, le=10_000.0)] = Field(description="Pa·s at a shear rate of 1/s.")


class YieldStress(Stated):
    """A stress."""

    value: Annotated[float, Field(ge=0.0, le=1_000.0)] = Field(description="Pa; below it the cement does not flow.")


class Numbers(Part):
    """The numbers of a cement."""

    powder_g: Grams = Field(description="Powder of one mix.")
    liquid_g: Grams = Field(description="Liquid of one mix.")
    opacifier_powder_fraction: Fraction = Field(description="Opacifier's share of the powder.")
    liquid_min: Minutes = Field(description="End of the liquid phase.")
    paste_min: Minutes = Field(description="Length of the pasty phase.")
    handling_min: Minutes = Field(description="End of handling.")
    hardened_min: Minutes = Field(description="Hard.")
    consistency_paste_pa_s: Consistency = Field(description="When the pasty phase begins.")
    consistency_end_pa_s: Consistency = Field(description="When handling ends.")
    yield_end_pa: YieldStress | None = Field(default=None, description="Yield stress when handling ends, if known.")


class OwnProductDocument(Part):
    """A cement of the user's own."""

    schema_name: Literal["vertebroplasty.product/1"] = Field(alias="schema", description="Name of this schema.")
    key: Key = Field(description="Its name in documents: small letters, digits and hyphens.")
    name: Name = Field(description="What it is.")
    family: Literal["acrylic", "calcium-phosphate"] = Field(default="acrylic", description="How it sets.")
    components: Annotated[list[Name], Field(min_length=1)] = Field(description="What an allergy may be against.")
    opacifier: Name = Field(description="What shows on X-rays.")
    numbers: Numbers = Field(description="The numbers, each with its source.")


def parse_own_product(text: str, name: str = "product.toml") -> Product:
    """A file as a cement that can be injected, held to the same checks as the built-in ones.

    Raises:
        Refused: not TOML, or with a sentence for each: an unknown or missing key, a value out of range, a number
            without a source, numbers that contradict each other, the key of a built-in cement.
    """
    name = harmless(name)
    values = parsed_toml(text, name, remedy="start from `info product`")
    return _checked(values, name)


def restored_product(values: Any, name: str) -> Product:
    """The cement that a finished injection kept in its parameters.

    Raises:
        Refused: the values are not those of a cement.
    """
    return _checked(values, harmless(name))


def stated_product(cement: Product) -> dict[str, Any]:
    """A cement as the values of such a file, for the parameters of a document."""
    return {
        "schema": "vertebroplasty.product/1",
        "key": cement.key,
        "name": cement.name,
        "family": cement.family,
        "components": list(cement.components),
        "opacifier": cement.opacifier,
        "numbers": {
            field: {"value": getattr(cement, field), "source": cement.sources[field]}
            | ({"plus_minus": cement.plus_minus[field]} if field in cement.plus_minus else {})
            for field in Numbers.model_fields
            if field in cement.sources
        },
    }


def _checked(values: Any, name: str) -> Product:
    try:
        document = OwnProductDocument.model_validate(values, strict=True)
    except ValidationError as error:
        raise refusal(name, error, OwnProductDocument) from None
    if document.key in products():
        raise Refused(f"{name}: {document.key} is a built-in cement: give yours another key.", where="--product")
    found = {field: getattr(document.numbers, field) for field in Numbers.model_fields}
    stated = {field: entry for field, entry in found.items() if entry is not None}
    try:
        return Product(
            key=document.key,
            name=document.name,
            family=document.family,
            components=tuple(document.components),
            opacifier=document.opacifier,
            sources={field: entry.source for field, entry in stated.items()},
            plus_minus={field: entry.plus_minus for field, entry in stated.items() if entry.plus_minus is not None},
            **{field: entry.value for field, entry in stated.items()},
        )
    except Refused as refused:
        lines = [f"{name}: {problem}" for problem in refused.problems]
        raise Refused("\n".join(lines), where="--product", problems=refused.problems) from None
