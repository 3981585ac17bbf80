"""The virtual X-ray: what a C-arm would show of this patient, with needles and cement in place.

SOURCES and NOT_MODELLED say what the pictures rest on and what they leave out.
"""

SOURCES: tuple[str, ...] = (
    "xraylib",
    "NIST-XAAMDI",
    "SpekPy",
    "Siddon1985",
    "DICOM-PS3.3",
    "oblique-view",
    "SunStarLack2010",
    "Rose-secondary",
    "gauge-table",
)

NOT_MODELLED: tuple[str, ...] = (
    "Tissue outside the CT's field of view: water stands for it where asked, and the picture hatches what is missing.",
    "Electronic noise, lag and glare of the detector, and motion; a still also lacks quantum noise, scatter and blur.",
    "How scatter depends on the field's size and the air gap: it follows the patient's thickness alone.",
    "A maker's own processing: pictures are evened out and sharpened in one plain way.",
    "Metal streaks, partial scans and motion in the CT slab; flow and washout in the phlebogram.",
    "What hides cement besides photon noise and still anatomy: motion, cement already in place, a tired observer.",
    "Needle hub, handle and clamp; the cannula is a straight steel cylinder.",
)
