"""Every material law in one table, as `info materials` prints it: equation, source, and whether the source was read."""

from dataclasses import asdict
from typing import Any

import numpy as np

from vertebroplasty.sources import source
from vertebroplasty.strength.daily_loads import DAILY_LOADS
from vertebroplasty.strength.material import (
    CAP_MPA,
    CEMENT_MPA,
    DEFAULT_LAW,
    FLOOR_MPA,
    LAWS,
    POISSON_RATIO,
)
from vertebroplasty.strength.yield_laws import YIELD_LAWS, YieldStress
from vertebroplasty.strength.yielding import POST_YIELD_SHARE

__all__ = ["known_materials"]

SHOWN_MG_PER_ML = (50.0, 100.0, 150.0)  # [choice] osteoporotic, low and healthy spongy bone


def known_materials() -> dict[str, Any]:
    """Modulus laws, yield laws, cement, caps and daily loads by name, each with its source."""
    return {
        **{f"modulus:{name}": _modulus(name) for name in LAWS},
        **{f"yield:{name}": _yield(name) for name in YIELD_LAWS},
        "cement": {"modulus_mpa": CEMENT_MPA, "poisson_ratio": POISSON_RATIO, **_cited("Kolb-lowmod")},
        "cement-bone": {
            "equation": "E = E_bone + fill / (2 - fill) · conversion · E_cement",
            **_cited("Hashin-Shtrikman1963"),
        },
        "caps": {"modulus_mpa": CAP_MPA, "poisson_ratio": POISSON_RATIO, **_cited("spineFE-benchmark")},
        "daily-loads": [asdict(load) | _cited(load.source) for load in DAILY_LOADS],
    }


def _modulus(name: str) -> dict[str, Any]:
    law = LAWS[name]
    values = law.modulus_mpa(np.array(SHOWN_MG_PER_ML))
    return {
        "equation": law.equation,
        "density": str(law.density),
        "default": name == DEFAULT_LAW,
        "floor_mpa": FLOOR_MPA,
        "mpa_at_mg_per_ml": {f"{at:g}": round(float(mpa), 1) for at, mpa in zip(SHOWN_MG_PER_ML, values, strict=True)},
        **_cited(law.source),
    }


def _yield(name: str) -> dict[str, Any]:
    law = YIELD_LAWS[name]
    if isinstance(law, YieldStress):
        offset = f"{law.offset_mpa:g} + " if law.offset_mpa else ""
        equation = f"{offset}{law.factor_mpa:g} · rho^{law.exponent:g} MPa, rho: QCT density in g/cm³"
    else:
        equation = f"effective strain of {law.strain:g}"
    return {"equation": equation, "post_yield_slope": POST_YIELD_SHARE, **_cited(law.source)}


def _cited(key: str) -> dict[str, Any]:
    return {"source": key, "verified": source(key).verified}
