"""The cements that can be chosen: what they are made of, when they can be injected, how thick they are then."""

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from vertebroplasty.errors import Refused
from vertebroplasty.geometry.mixture import mixed_density_g_per_cm3, mixed_fraction

__all__ = ["Product", "product", "products"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One class of cement; times in minutes after mixing began, for cement kept at 22 °C.

    `components` are the substances an allergy may be stated against.  `sources` gives the citation key behind each
    field, `plus_minus` the spread where the source states one.
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
def products() -> dict[str, Product]:
    """Every cement by its key."""
    text = files("vertebroplasty.cement").joinpath("data/cements.toml").read_text(encoding="utf-8")
    return {key: _from_table(key, table) for key, table in tomllib.loads(text).items()}


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
