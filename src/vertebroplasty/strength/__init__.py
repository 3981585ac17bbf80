"""What the cement does to the bone: stiffness and failure load before and after."""

SOURCES: tuple[str, ...] = (
    "Kopperdahl2002",
    "Morgan2003",
    "Crawford2003",
    "spineFE-benchmark",
    "Kolb-lowmod",
    "Hashin-Shtrikman1963",
    "Ohman2022",
    "xraylib",
    "disc-modulus",
    "nucleus-share",
    "bone-elastic-ratios",
    "Polikeit2003",
    "Baroud2003adj",
)
NOT_MODELLED: tuple[str, ...] = (
    "Strength presses the vertebral body alone: arch, processes, discs, ligaments and neighbours are left out.",
    "Bone is taken as linear and isotropic where nothing else was asked for, and always as perfectly bonded to the "
    "cement: softening after failure and loosening are left out.",
    "Published density-modulus laws differ by a factor of two to four, and the interval spans the calibration only.",
    "The cortical shell is thinner than a voxel and enters by its partial volume.",
    "The failure rule was made for untreated bone; for cement-filled bone it is an extrapolation.",
)
