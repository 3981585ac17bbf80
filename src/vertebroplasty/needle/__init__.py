"""The corridor through the pedicle and the paths through it, with their clearances in millimetres."""

SOURCES: tuple[str, ...] = ("gauge-table", "GR-secondary", "radiologykey-needle")

NOT_MODELLED: tuple[str, ...] = (
    "A needle is straight; bending, bevel drift and redirection on the way are not modelled.",
    "Nerve roots, vessels, pleura and ribs without a label are not avoided; bone, canal, metal and cement are.",
    "The position on the table and breathing are not modelled; the spine lies as it was scanned.",
    "The error of a hand is a plain normal model of our own choice, not measured on operators.",
)
