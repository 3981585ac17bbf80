"""The virtual X-ray: what a C-arm would show of this patient, with needles and cement in place.

SOURCES and NOT_MODELLED say what the pictures rest on and what they leave out.
"""

SOURCES: tuple[str, ...] = (
    "xraylib",
    "NIST-XAAMDI",
    "SpekPy",
    "Siddon1985",
    "DICOM-PS3.3",
    "Rose-secondary",
    "gauge-table",
)

NOT_MODELLED: tuple[str, ...] = (
    "Tissue outside the CT's field of view: rays pass it as if it were empty, and the picture hatches what is missing.",
    "Quantum and electronic noise, scatter, focal-spot blur, detector glare and motion in the picture.",
    "Compression, edge enhancement and the other processing of a real fluoroscopy system.",
    "What hides cement besides photon noise and still anatomy: motion, cement already in place, a tired observer.",
    "Needle hub, handle and clamp; the cannula is a straight steel cylinder.",
)
