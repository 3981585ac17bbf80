"""Mix, wait, push, stop: the setting clock, the pressure, the front and the leaks."""

SOURCES: tuple[str, ...] = (
    "Huang2012",
    "Krause1982",
    "Baroud2004",
    "Davis2011",
    "ChristopherMiddleman1965",
    "Krebs2005",
    "gauge-table",
    "Yeom2003",
    "S0",
    "S1",
)

NOT_MODELLED: tuple[str, ...] = (
    "Cement is taken as incompressible, without air bubbles or yield stress; levels of viscosity are those of a class.",
    "Heat is not solved: one mean temperature stands for all cement in bone, and setting above 22 °C is extrapolated.",
    "Permeability is a measured mean spread by CT porosity; single trabecular channels are below the CT's resolution.",
    "Cement is not carried away by blood; embolism to the lung is not simulated, nor leaks into arteries.",
    "The cannula's dead volume is apart: putting the stylet back pushes nothing more into the bone.",
    "No cement follows the needle's track when the needle is withdrawn.",
)
