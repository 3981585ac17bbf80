"""Build the vertebra's upright grid: resample the CT into its axes and say what fills every voxel."""

import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy import ndimage
from scipy.spatial import cKDTree

from vertebroplasty.anatomy.body_core import dense_matter
from vertebroplasty.anatomy.cortex import Cortex, found_cortex
from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.anatomy.lattice import Lattice, bone_on, lattice_of, neighbours_on
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.resampling import onto
from vertebroplasty.anatomy.spots import FoundSpot, found_clefts, found_holes
from vertebroplasty.anatomy.surroundings import behind_the_body
from vertebroplasty.anatomy.veins import VEIN_NOTE, basivertebral_vein, segmental_veins
from vertebroplasty.anatomy.vertebra import Part, Vertebra

__all__ = ["build_grid", "grid_of", "grid_on"]

AIR_HU = -300.0  # [choice] below: gas outside bone (bowel, lung, air in front of the skin)
SHELL_MM = 1.5  # [choice] thickness of the closed shell of cortex: one to two voxels of a 1 mm grid
DISC_MM = 8.0  # [choice] height of a disc where no neighbour is labelled
DISC_LIMIT_MM = 18.0  # [choice] a neighbour further away does not bound this disc
FOOTPRINT_SHARE = 0.4  # [choice] columns at least so tall against the median carry the disc; rims and spurs do not
THROUGH_SHELL_MM = 3.0  # [choice] a gap is opened so deep along its normal, further than the shell is thick
CEMENT_BODY_SHARE = 0.9  # [choice] dense matter so far within the body is cement, else metal
DENSE_EDGE_HU = 1500.0  # [choice] its outline on the grid, where interpolation lowers the edge
STATED_LINES = "Fracture lines stated by the reader are open cracks in spongy bone; the shell stays as the CT shows it."
PLATES = (("above", 1, Tissue.DISC_ABOVE), ("below", -1, Tissue.DISC_BELOW))


def build_grid(level: Level, spacing_mm: float = 1.0) -> VertebraGrid:
    """The level's upright grid, worked out once per spine and spacing.

    Raises:
        CutBody, Refused: the vertebra cannot be found, or the spacing is not between 0.4 and 3 mm.
    """
    key = f"grid {spacing_mm:.6g} of {level.name}"
    found = level.spine._found
    if key not in found:
        found[key] = grid_of(find_vertebra(level), spacing_mm)
    grid: VertebraGrid = found[key]
    return grid


def grid_of(vertebra: Vertebra, spacing_mm: float = 1.0) -> VertebraGrid:
    """The upright grid of a found vertebra: HU, tissue and part of every voxel within 20 mm of its label.

    The cortex is a closed shell except at gaps the CT shows; where it cannot show any the shell is closed.  Voxels the
    scanner did not measure are `OUTSIDE_SCAN` and read −1000 HU.
    """
    return grid_on(vertebra, lattice_of(vertebra, spacing_mm))


def grid_on(vertebra: Vertebra, lattice: Lattice) -> VertebraGrid:
    """The upright grid of a found vertebra on a lattice of its own axes."""
    part, depth = bone_on(vertebra, lattice)
    cortex = found_cortex(vertebra)
    clefts, holes = found_clefts(vertebra), found_holes(vertebra)
    stated = vertebra.level.spine.landmarks.get(vertebra.name)
    lines = () if stated is None else stated.fracture_lines
    tissue = _outside_the_bone(vertebra, lattice, part)
    shell = _shell(part != Part.NONE, depth)
    tissue[part != Part.NONE] = Tissue.TRABECULAR
    tissue[shell & ~_gaps_on(lattice, shell, cortex)] = Tissue.CORTEX
    _paint_veins(vertebra, lattice, part, tissue)
    for found, kind in ((holes, Tissue.LESION), (clefts, Tissue.CLEFT)):
        tissue[_spots_on(vertebra, lattice, found) & (tissue == Tissue.TRABECULAR)] = kind
    _paint_dense(vertebra, lattice, part, tissue)
    tissue[~lattice.measured] = Tissue.OUTSIDE_SCAN
    return VertebraGrid(
        level=vertebra.name,
        frame=vertebra.frame,
        affine=lattice.affine,
        spacing_mm=lattice.spacing_mm,
        hu=lattice.hu,
        tissue=tissue,
        part=part,
        breaches_can_be_seen=cortex.can_be_seen,
        apparent_cortex_mm=cortex.apparent_mm,
        notes=(*_notes(vertebra, lattice, cortex, tissue), *((STATED_LINES,) if lines else ())),
        fracture_lines=lines,
    )


def _axes_mm(vertebra: Vertebra, lattice: Lattice) -> tuple[Float[np.ndarray, "..."], ...]:
    """Right, anterior and superior coordinate of the voxels, each along its own axis of the array."""
    origin = vertebra.frame.to_local(lattice.affine.origin_lps_mm)
    step = float(lattice.affine.spacing_mm[0])
    k, j, i = lattice.shape
    right, anterior, superior = (start + step * np.arange(n) for start, n in zip(origin, (i, j, k), strict=True))
    return right[None, None, :], anterior[None, :, None], superior[:, None, None]


def _outside_the_bone(
    vertebra: Vertebra, lattice: Lattice, part: UInt8[np.ndarray, "k j i"]
) -> UInt8[np.ndarray, "k j i"]:
    """Air, soft tissue, canal, foramina, discs and neighbours; bone is left for later."""
    tissue = np.where(lattice.hu < AIR_HU, Tissue.AIR, Tissue.SOFT).astype(np.uint8)
    soft = (tissue == Tissue.SOFT) & (part == Part.NONE)
    behind = soft.nonzero()
    local = [axis[tuple(np.minimum(behind, np.array(axis.shape)[:, None] - 1))] for axis in _axes_mm(vertebra, lattice)]
    tissue[behind] = behind_the_body(vertebra, np.stack(local, axis=-1))
    neighbour = neighbours_on(vertebra, lattice) & (part == Part.NONE)
    free = (part == Part.NONE) & ~neighbour & lattice.measured
    for _, step, kind in PLATES:
        tissue[_disc(part == Part.BODY, neighbour, step, float(lattice.affine.spacing_mm[0])) & free] = kind
    tissue[neighbour] = Tissue.NEIGHBOUR
    return tissue


def _disc(
    body: Bool[np.ndarray, "k j i"], neighbour: Bool[np.ndarray, "k j i"], step: int, spacing_mm: float
) -> Bool[np.ndarray, "k j i"]:
    """Voxels between the body's endplate and the next vertebra (or 8 mm), over the body's footprint; step +1 is up."""
    body, neighbour = body[::step], neighbour[::step]
    height = np.count_nonzero(body, axis=0)
    footprint = height >= FOOTPRINT_SHARE * np.median(height[height > 0])
    k = np.arange(len(body))[:, None, None]
    plate = np.where(body, k, -1).max(axis=0)
    reach = np.where(neighbour & (k > plate), k, len(body)).min(axis=0) - plate
    met = footprint & (reach * spacing_mm <= DISC_LIMIT_MM)
    usual = np.median(reach[met]) if met.any() else DISC_MM / spacing_mm
    gap = np.where(met, reach, usual)
    between = footprint & (k > plate) & (k - plate <= gap)
    return np.asarray(between[::step])


def _shell(bone: Bool[np.ndarray, "k j i"], depth_mm: Float[np.ndarray, "k j i"]) -> Bool[np.ndarray, "k j i"]:
    """The closed shell of the bone: no face- or edge-connected path leaves it, whatever the spacing."""
    return np.asarray(bone & ((depth_mm < SHELL_MM) | ~ndimage.binary_erosion(bone, np.ones((3, 3, 3), bool))))


def _paint_veins(
    vertebra: Vertebra, lattice: Lattice, part: UInt8[np.ndarray, "k j i"], tissue: UInt8[np.ndarray, "k j i"]
) -> None:
    """The veins of the template, through the shell."""
    axes = _axes_mm(vertebra, lattice)
    spacing = float(lattice.affine.spacing_mm[0])
    free = tissue == Tissue.SOFT
    tissue[segmental_veins(vertebra, free, part, axes, spacing)] = Tissue.SEGMENTAL_VEIN
    tissue[basivertebral_vein(vertebra, part, axes, spacing)] = Tissue.BASIVERTEBRAL_VEIN


def _gaps_on(lattice: Lattice, shell: Bool[np.ndarray, "k j i"], cortex: Cortex) -> Bool[np.ndarray, "k j i"]:
    """Voxels of the shell behind the open points of the gaps."""
    open_here = np.zeros(lattice.shape, bool)
    if not cortex.breaches:
        return open_here
    spacing = float(lattice.affine.spacing_mm[0])
    inward = np.arange(-spacing, THROUGH_SHELL_MM, spacing / 2)
    bored = [
        (breach.points_lps_mm[:, None] - inward[:, None] * breach.normals_lps[:, None]).reshape(-1, 3)
        for breach in cortex.breaches
    ]
    voxels = np.argwhere(shell)
    far, _ = cKDTree(np.concatenate(bored)).query(lattice.affine.to_world(voxels[:, ::-1]))
    open_here[tuple(voxels[far <= spacing].T)] = True
    return open_here


def _spots_on(vertebra: Vertebra, lattice: Lattice, found: tuple[FoundSpot, ...]) -> Bool[np.ndarray, "k j i"]:
    """Voxels of the lattice that lie in any of the spots."""
    within = np.zeros(lattice.shape, bool)
    for each in found:
        share = onto(each.mask, vertebra.distance_affine, lattice.affine, lattice.shape, beyond=0.0)
        within |= share >= np.float32(0.5)
    return within


def _paint_dense(
    vertebra: Vertebra, lattice: Lattice, part: UInt8[np.ndarray, "k j i"], tissue: UInt8[np.ndarray, "k j i"]
) -> None:
    """Old cement and metal, told apart by where they lie: cement stays within the body, screws and rods do not."""
    dense = dense_matter(vertebra.level)
    for number in range(1, dense.n_groups + 1):
        share = onto(dense.groups == number, dense.affine, lattice.affine, lattice.shape, beyond=0.0)
        here = (share > 0) & (lattice.hu > DENSE_EDGE_HU)
        if here.any():
            within = np.mean(part[here] == Part.BODY)
            tissue[here] = Tissue.OLD_CEMENT if within >= CEMENT_BODY_SHARE else Tissue.METAL


def _notes(vertebra: Vertebra, lattice: Lattice, cortex: Cortex, tissue: UInt8[np.ndarray, "k j i"]) -> tuple[str, ...]:
    """What a reader of the grid must know."""
    notes = [*vertebra.notes, VEIN_NOTE]
    if lattice.clipped:
        notes.append(f"The CT ends less than 20 mm from the vertebra: {', '.join(lattice.clipped)}.")
    if not cortex.can_be_seen:
        notes.append(f"{cortex.why_not} The cortex is taken as closed.")
    if vertebra.canal is None:
        notes.append("No canal was found: canal and foramina are not told from other soft tissue.")
    for place, step, kind in PLATES:
        if vertebra.level.neighbour(-step) is None and np.any(tissue == kind):
            notes.append(f"No labelled vertebra {place}: its disc is taken as 8 mm high.")
    if dense_matter(vertebra.level).n_groups:
        notes.append("Dense matter within the body is taken for old cement, other dense matter for metal.")
    return tuple(notes)
