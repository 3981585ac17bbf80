"""Write the X-ray tables of the package: mass attenuation (xraylib) and tube spectra (SpekPy).

Needed only to make the tables anew, in an environment of its own:

    pip install xraylib spekpy numpy && python tools/make_xray_tables.py src/vertebroplasty/fluoroscopy/data
"""

import itertools
import json
import re
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import spekpy
import xraylib

LOWEST_KEV, HIGHEST_KEV = 15.0, 121.0
EDGE_SEARCH_KEV = 0.05  # how far from its listed energy an edge is looked for
LEAST_AL_MM = 2.5  # what every tube for fluoroscopy is filtered by at least
TOLD_FILTERS = ((2.5, 0.0), (2.5, 0.1), (2.5, 0.2), (2.5, 0.3), (23.5, 0.0))
ANODE_DEG = 12
CM2_IN_MM2, NGY_IN_UGY = 100.0, 1000.0
EDGE_GAP_KEV = 1e-4  # how far from an absorption edge its two sides are evaluated

# Mass fractions.  ICRU-44 compositions as in xraylib's NIST compound list; 316L from its standard's mid-range.
ICRU44_SOFT = {1: 0.102, 6: 0.143, 7: 0.034, 8: 0.708, 11: 0.002, 15: 0.003, 16: 0.003, 17: 0.002, 19: 0.003}
ICRU44_CORTICAL = {1: 0.034, 6: 0.155, 7: 0.042, 8: 0.435, 11: 0.001, 12: 0.002, 15: 0.103, 16: 0.003, 20: 0.225}
STEEL_316L = {26: 0.655, 24: 0.17, 28: 0.12, 42: 0.025, 25: 0.02, 14: 0.01}


def compound(formula: str) -> dict[int, float]:
    """Mass fractions by atomic number."""
    parsed = xraylib.CompoundParser(formula)
    return dict(zip(parsed["Elements"], parsed["massFractions"], strict=True))


MATERIALS = {
    "water": (1.00, compound("H2O"), "H2O"),
    "cortical-bone": (1.92, ICRU44_CORTICAL, "ICRU-44 cortical bone"),
    "pmma": (1.19, compound("C5H8O2"), "C5H8O2"),
    "barium-sulfate": (4.5, compound("BaSO4"), "BaSO4"),
    "zirconia": (5.68, compound("ZrO2"), "ZrO2"),
    "tantalum": (16.65, compound("Ta"), "Ta"),
    "tungsten": (19.3, compound("W"), "W"),
    "steel-316l": (7.99, STEEL_316L, "Fe Cr Ni Mo Mn Si"),
    "caesium-iodide": (4.51, compound("CsI"), "CsI"),
    "iodine": (4.93, compound("I"), "I"),
    "soft-tissue": (1.06, ICRU44_SOFT, "ICRU-44 soft tissue"),
    "bone-mineral": (3.16, compound("Ca10P6O26H2"), "hydroxyapatite Ca10(PO4)6(OH)2"),
    "aluminium": (2.699, compound("Al"), "Al"),
    "copper": (8.96, compound("Cu"), "Cu"),
}
SHELLS = (xraylib.K_SHELL, xraylib.L1_SHELL)


def edges_of(elements: dict[int, float]) -> list[float]:
    """Absorption edges within the tables, keV."""
    found = []
    for z in elements:
        for shell in SHELLS:
            try:
                energy = xraylib.EdgeEnergy(z, shell)
            except ValueError:
                continue
            if LOWEST_KEV < energy < HIGHEST_KEV:
                found.append(step_of_table(z, energy))
    return sorted(found)


def step_of_table(z: int, edge_kev: float) -> float:
    """Where the tabulated cross section really jumps: a few eV beside the listed edge energy."""
    low, high = edge_kev - EDGE_SEARCH_KEV, edge_kev + EDGE_SEARCH_KEV
    for _ in range(40):
        middle = 0.5 * (low + high)
        if xraylib.CS_Total(z, middle) > 1.5 * xraylib.CS_Total(z, low):
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


def attenuation() -> dict:
    """Mass attenuation of every material, cut at its absorption edges."""
    whole = np.arange(LOWEST_KEV, HIGHEST_KEV + 0.5, 1.0)
    table = {}
    for name, (density, elements, composition) in MATERIALS.items():

        def coefficient(energy: float, elements: dict[int, float] = elements) -> float:
            return sum(w * xraylib.CS_Total(z, float(energy)) for z, w in elements.items())

        bounds = [LOWEST_KEV, *edges_of(elements), HIGHEST_KEV]
        segments = []
        for low, high in itertools.pairwise(bounds):
            inner = whole[(whole > low) & (whole < high)]
            energies = [
                low if low == LOWEST_KEV else low + EDGE_GAP_KEV,
                *inner.tolist(),
                high if high == HIGHEST_KEV else high - EDGE_GAP_KEV,
            ]
            segments.append(
                {
                    "kev": [round(e, 4) for e in energies],
                    "cm2_per_g": [float(f"{coefficient(e):.6g}") for e in energies],
                }
            )
        table[name] = {
            "density_g_per_cm3": density,
            "composition": composition,
            "source": "xraylib",
            "segments": segments,
        }
    return {
        "what": "Mass attenuation coefficients, coherent scattering included; a segment ends at each absorption edge.",
        "made_with": f"xraylib {version('xraylib')} CS_Total",
        "made_on": "2026-11-21",
        "materials": table,
    }


def spectra() -> dict:
    """Photon spectra of the tube at each voltage behind the least filter, and what SpekPy says of thicker ones."""
    whole = np.arange(LOWEST_KEV + 0.5, HIGHEST_KEV - 1.0, 1.0)
    beams = {}
    for kvp in range(60, 121, 5):
        energies, fluence = filtered_tube(kvp, LEAST_AL_MM, 0.0).get_spectrum(edges=False)
        keep = (energies >= LOWEST_KEV) & (fluence > 0)
        if not np.allclose(energies[keep], whole[: keep.sum()]):
            raise ValueError(f"The bins of {kvp} kVp are not those of the others.")
        beams[f"{kvp}"] = {
            "kvp": kvp,
            "photons_per_mm2_kev_mas_at_1m": [float(f"{f / CM2_IN_MM2:.6g}") for f in fluence[keep]],
            "spekpy_says": [told(kvp, al_mm, cu_mm) for al_mm, cu_mm in TOLD_FILTERS],
        }
    air = spekpy.Spek(kvp=120, th=ANODE_DEG).muen_air_data.get_muen_over_rho_air(whole)
    return {
        "what": "Photon fluence of a tungsten anode behind 2.5 mm of aluminium, 1 keV bins, at 1 m per mAs, in air.",
        "made_with": f"SpekPy {version('spekpy')}",
        "made_on": "2026-11-21",
        "source": "SpekPy",
        "anode_deg": ANODE_DEG,
        "filter_mm": {"Al": LEAST_AL_MM},
        "kev": whole.tolist(),
        "air_mass_energy_absorption": {
            "source": "SpekPy",
            "cm2_per_g": [float(f"{value:.6g}") for value in air],
        },
        "beams": beams,
    }


def filtered_tube(kvp: int, al_mm: float, cu_mm: float) -> spekpy.Spek:
    """SpekPy's own tube behind its own filter."""
    tube = spekpy.Spek(kvp=kvp, th=ANODE_DEG, dk=1.0)
    tube.multi_filter((("Al", al_mm), ("Cu", cu_mm)))
    return tube


def told(kvp: int, al_mm: float, cu_mm: float) -> dict:
    """What SpekPy itself makes of a filtered beam: the check of filtering done here."""
    tube = filtered_tube(kvp, al_mm, cu_mm)
    per_ngy = tube.get_flu() / CM2_IN_MM2 / (tube.get_kerma() * NGY_IN_UGY)
    return {
        "al_mm": al_mm,
        "cu_mm": cu_mm,
        "half_value_layer_mm_al": round(float(tube.get_hvl1()), 4),
        "mean_kev": round(float(tube.get_emean()), 4),
        "photons_per_mm2_ngy": round(float(per_ngy), 4),
    }


def written(content: dict) -> str:
    """JSON with one line per list of numbers."""
    text = json.dumps(content, indent=1)
    return re.sub(r"\[[\s\d.,e+-]+\]", lambda found: " ".join(found.group().split()), text) + "\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("attenuation.json", attenuation()), ("spectra.json", spectra())):
        (folder / name).write_text(written(content), encoding="utf-8")
