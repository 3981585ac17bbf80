"""The patient's vertebra: the CT, the named levels, each level's own axes and parts, its measurements and its grid."""

SOURCES: tuple[str, ...] = ("Genant1993", "VerSe", "TPTBox", "S4", "house")

NOT_MODELLED: tuple[str, ...] = (
    "Measurements trust the labels: a label that is wrong by more than half a voxel moves them beyond their ±.",
    "The CT is taken lying down; heights and kyphosis under load are not known.",
    "Veins of the vertebra are painted from a template, since a CT does not show them.",
    "Ligaments, nerves and vessels are not labelled, and no clearance to them is stated.",
    "Fracture age and marrow oedema cannot be told from a CT.",
)
