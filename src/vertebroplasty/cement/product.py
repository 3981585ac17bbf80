"""The cements that can be chosen: what they are made of, when they can be injected, how thick they are then."""

import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from vertebroplasty.errors import Refused
from vertebroplasty.geometry.mixture import OPACIFIERS_G_PER_CM3, mixed_density_g_per_cm3, mixed_fraction

__all__ = ["ACRYLIC", "CALCIUM_PHOSPHATE", "FAMILIES", "Product", "is_built_in", "product", "products", "register"]

ACRYLIC = "acrylic"
CALCIUM_PHOSPHATE = "calcium-phosphate"
FAMILIES = (ACRYLIC, CALCIUM_PHOSPHATE)
_own: dict[str, "Product"] = {}  # the user's own cements, as long as the program runs
SAME_MIN = 0.05  # [choice] minutes, so that liquid and paste add up to the handling time as printed
NUMBERS = (
    "powder_g",
    "liquid_g",
    "liquid_min",
    "paste_min",
    "handling_min",
    "hardened_min",
    "consistency_paste_pa_s",
    "consistency_end_pa_s",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One class of cement; times in minutes after mixing began, for cement kept at 22 °C.

    `components` are the substances an allergy may be stated against.  `sources` gives the citation key behind each
    field, `plus_minus` the spread where the source states one.  A calcium phosphate takes its whole powder as the part
    that shows on X-rays, and sets without heat.

    Raises:
        Refused: the values contradict each other or physics, one sentence for each.
    """

    key: str
    name: str
    components: tuple[str, ...]
    powder_g: float
    liquid_g: float
    opacifier: str
    opacifier_powder_fraction: float
    liquid_min: float  # until then it runs like a liquid and must not be injected
    paste_min: float  # length of the pasty phase
    handling_min: float  # end of handling: liquid and paste together
    hardened_min: float
    consistency_paste_pa_s: float  # at 1/s, when the pasty phase begins
    consistency_end_pa_s: float  # at 1/s, when it ends
    sources: dict[str, str]
    plus_minus: dict[str, float]
    family: str = ACRYLIC
    yield_end_pa: float = 0.0  # stress below which it does not flow, when the pasty phase ends; none where not stated

    def __post_init__(self) -> None:
        faults = tuple(self._faults())
        if faults:
            raise Refused(" ".join(faults), where="--product", problems=faults)

    def _faults(self) -> Iterator[str]:
        """What cannot be true of a cement, a sentence each."""
        for name in NUMBERS:
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                yield f"{self.key}: {name} is {value:g}, but it is a number above 0."
        if not (math.isfinite(self.yield_end_pa) and self.yield_end_pa >= 0.0):
            yield f"{self.key}: yield_end_pa is {self.yield_end_pa:g}, but it is a stress of 0 or more."
        if not 0.0 <= self.opacifier_powder_fraction <= 1.0:
            yield f"{self.key}: opacifier_powder_fraction is {self.opacifier_powder_fraction:g}: it is a share, 0 to 1."
        if self.opacifier not in OPACIFIERS_G_PER_CM3:
            yield f"{self.key}: the opacifier {self.opacifier} is not one of {', '.join(OPACIFIERS_G_PER_CM3)}."
        if self.family not in FAMILIES:
            yield f"{self.key}: the family {self.family} is not one of {', '.join(FAMILIES)}."
        if abs(self.liquid_min + self.paste_min - self.handling_min) > SAME_MIN:
            yield f"{self.key}: liquid_min and paste_min together are not handling_min: correct one of the three."
        if not self.hardened_min > self.handling_min:
            yield f"{self.key}: it hardens before its handling ends: hardened_min must be above handling_min."
        if not self.consistency_end_pa_s > self.consistency_paste_pa_s:
            yield f"{self.key}: it thins as it sets: consistency_end_pa_s must be above consistency_paste_pa_s."

    @property
    def opacifier_mixed_fraction(self) -> float:
        """Opacifier as mass fraction of the mixed cement; labels state it of the powder alone."""
        return mixed_fraction(self.opacifier_powder_fraction, powder_g=self.powder_g, liquid_g=self.liquid_g)

    @property
    def density_g_per_cm3(self) -> float:
        """Density of the mixed cement, volumes of polymer and opacifier added."""
        return mixed_density_g_per_cm3(self.opacifier, self.opacifier_mixed_fraction)

    def thickened(self, factor: float) -> "Product":
        """The same cement with another consistency, as batches and handling differ."""
        return replace(
            self,
            consistency_paste_pa_s=factor * self.consistency_paste_pa_s,
            consistency_end_pa_s=factor * self.consistency_end_pa_s,
            yield_end_pa=factor * self.yield_end_pa,
        )

    @property
    def mass_fractions(self) -> dict[str, float]:
        """Mass fraction of PMMA and of the opacifier in the mixed cement."""
        w = self.opacifier_mixed_fraction
        return {"pmma": 1 - w, self.opacifier: w}


def _from_table(key: str, table: dict[str, Any]) -> Product:
    values = {name: entry["value"] for name, entry in table.items() if name != "name"}
    values["components"] = tuple(values["components"])
    return Product(
        key=key,
        name=table["name"],
        sources={name: entry["source"] for name, entry in table.items() if name != "name"},
        plus_minus={
            name: entry["plus_minus"] for name, entry in table.items() if name != "name" and "plus_minus" in entry
        },
        **values,
    )


@cache
def _built_in() -> dict[str, Product]:
    text = files("vertebroplasty.cement").joinpath("data/cements.toml").read_text(encoding="utf-8")
    return {key: _from_table(key, table) for key, table in tomllib.loads(text).items()}


def is_built_in(key: str) -> bool:
    """Whether a cement comes with the program."""
    return key in _built_in()


def products() -> dict[str, Product]:
    """Every cement by its key, the user's own behind the built-in ones."""
    return _built_in() | _own


def register(cement: Product) -> None:
    """Make a cement of the user's own known by its key until the program ends; the latest of a key stands.

    Raises:
        Refused: a built-in cement has that key.
    """
    if is_built_in(cement.key):
        raise Refused(f"{cement.key} is a built-in cement: give yours another key.", where="--product")
    _own[cement.key] = cement


def product(key: str) -> Product:
    """The cement with this key.

    Raises:
        Refused: there is no such cement.
    """
    try:
        return products()[key]
    except KeyError:
        known = ", ".join(products())
        raise Refused(f"There is no cement called {key}: choose one of {known}.", where="--product") from None
