"""Mix, wait, push, stop: the setting clock, the pressure, the front and the leaks."""

SOURCES: tuple[str, ...] = (
    "Huang2012",
    "Baliga1992",
    "Krause1982",
    "Baroud2004",
    "Davis2011",
    "ChristopherMiddleman1965",
    "Krebs2005",
    "gauge-table",
    "Kopperdahl2002",
    "Yeom2003",
    "S0",
    "S1",
)

NOT_MODELLED: tuple[str, ...] = (
    "Cement is incompressible and without air; viscosities are those of a class, with a yield stress only if stated.",
    "For viscosity one mean temperature and age stand for each mix in bone; setting above 22 °C is extrapolated.",
    "Parts from the refrigerator warm as one lump while mixed; their pasty phase comes out about 2 min short.",
    "Heat, when asked for, leaves out leaked cement, and blood unless its flow is stated; some of its harm is skin's.",
    "Permeability is a measured mean spread by CT porosity; single trabecular channels are below the CT's resolution.",
    "Cement is not carried away by blood; embolism to the lung is not simulated, nor leaks into arteries.",
    "The cement in the cannula keeps the syringe's temperature; inside the body it sets sooner.",
    "After a stop for a reason that was seen, the cannula is taken to be drawn over the stylet, driving nothing in.",
    "A needle drawn out without its stylet leaves its column of cement in the track, up to 20 mm behind the bone.",
    "A needle set into cement pushes none of it aside; no fracture line is looked for, only stated ones used.",
    "A balloon's cavity is round but for cortex, and does not close again; its shell takes up to twice the mineral.",
    "Height gained by a balloon is that of a ball between flat endplates while inflated; the grid keeps its shape.",
    "A phlebogram is recorded, not simulated.",
    "That thicker cement leaks less, as published, does not come out of it: choose no viscosity by this simulation.",
)
