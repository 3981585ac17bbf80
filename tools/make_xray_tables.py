"""Write the X-ray tables of the package: mass attenuation (xraylib) and tube spectra (SpekPy).

Needed only to make the tables anew, in an environment of its own:

    pip install xraylib spekpy numpy && python tools/make_xray_tables.py src/vertebroplasty/fluoroscopy/data
"""

import itertools
import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import spekpy
import xraylib

LOWEST_KEV, HIGHEST_KEV = 15.0, 121.0
EDGE_SEARCH_KEV = 0.05  # how far from its listed energy an edge is looked for
EDGE_GAP_KEV = 1e-4  # how far from an absorption edge its two sides are evaluated

# Mass fractions.  ICRU-44 compositions as in xraylib's NIST compound list; 316L from its standard's mid-range.
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
    """Photon spectra of the tube at each voltage."""
    beams = {}
    for kvp in (70, 80, 90):
        tube = spekpy.Spek(kvp=kvp, th=12, dk=1.0)
        tube.multi_filter((("Al", 2.5), ("Cu", 0.2)))
        energies, fluence = tube.get_spectrum(edges=False)
        keep = (energies >= LOWEST_KEV) & (fluence > 0)
        beams[f"{kvp}"] = {
            "kvp": kvp,
            "filter_mm": {"Al": 2.5, "Cu": 0.2},
            "anode_deg": 12,
            "source": "SpekPy",
            "half_value_layer_mm_al": round(float(tube.get_hvl1()), 3),
            "mean_kev": round(float(tube.get_emean()), 3),
            "kev": [round(float(e), 3) for e in energies[keep]],
            "photons_per_mm2_kev_mas_at_1m": [float(f"{f / 100.0:.6g}") for f in fluence[keep]],
        }
    return {
        "what": "Photon fluence of a tungsten anode behind its filter, 1 keV bins, at 1 m per mAs, air between.",
        "made_with": f"SpekPy {version('spekpy')}",
        "made_on": "2026-11-21",
        "beams": beams,
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("attenuation.json", attenuation()), ("spectra.json", spectra())):
        (folder / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
