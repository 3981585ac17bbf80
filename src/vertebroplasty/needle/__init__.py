"""Needle paths through and beside the pedicle, their clearances in millimetres and their risk in a shaky hand."""

SOURCES: tuple[str, ...] = ("gauge-table", "GR-secondary", "radiologykey-needle")

NOT_MODELLED: tuple[str, ...] = (
    "A needle is straight; bending, bevel drift and redirection on the way are not modelled.",
    "Vessels, pleura and ribs without a label are not avoided; bone, canal, foramina, metal and cement are.",
    "The position on the table and breathing are not modelled; the spine lies as it was scanned.",
    "The error of a hand is a plain normal model of our own choice, not measured on operators.",
    "Inner diameters are those of regular-wall tubing; vertebroplasty kits may have thicker walls: measure yours.",
    "Rib, pleura, bowel, kidney, neck vessels and airway are not looked for beside the pedicle or from the front.",
)
