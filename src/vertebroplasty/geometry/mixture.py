"""What mixed bone cement is made of: the opacifier's share of the whole mix, and the density that follows.

Labels state the opacifier as weight percent of the powder; the liquid thins it.  Shared by the rooms that inject cement
and that picture it.
"""

__all__ = ["OPACIFIERS_G_PER_CM3", "POLYMER_G_PER_CM3", "mixed_density_g_per_cm3", "mixed_fraction"]

POLYMER_G_PER_CM3 = 1.19  # [xraylib] pore-free PMMA
OPACIFIERS_G_PER_CM3 = {  # [xraylib] densities of the pure powders
    "barium-sulfate": 4.5,
    "zirconia": 5.68,
    "tantalum": 16.65,
    "tungsten": 19.3,
    "bone-mineral": 3.16,
}


def mixed_fraction(powder_fraction: float, *, powder_g: float, liquid_g: float) -> float:
    """Opacifier as mass fraction of the mixed cement, from its share of the powder on the label."""
    return powder_fraction * powder_g / (powder_g + liquid_g)


def mixed_density_g_per_cm3(opacifier: str, fraction: float) -> float:
    """Density of PMMA with `fraction` of its mass in opacifier, free of pores: the volumes add.

    Raises:
        KeyError: an opacifier whose density is not known.
    """
    return 1.0 / (fraction / OPACIFIERS_G_PER_CM3[opacifier] + (1.0 - fraction) / POLYMER_G_PER_CM3)
