"""A finished injection as files: arrival and fill on the vertebra's grid, and the log of events; written and read."""

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from jaxtyping import Float, Float32, Float64

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.volume import InputFile
from vertebroplasty.case.json_files import read_document
from vertebroplasty.case.own_cement import recall_own
from vertebroplasty.cement.balloon import Cavity
from vertebroplasty.cement.product import products
from vertebroplasty.cement.result import Injection
from vertebroplasty.documents.inject import Files, InjectDocument
from vertebroplasty.errors import Refused
from vertebroplasty.files import sha256_of, write_whole, write_whole_text
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.quiet import quiet_readers

__all__ = [
    "ACTIONS", "ARRIVAL", "CAVITY", "DOCUMENT", "EVENTS", "FILL", "LPS_OF_RAS", "CementRun", "read_cement",
    "write_actions", "write_grid_volume", "write_injection", "write_volume", "written_files",
]  # fmt: skip

ARRIVAL, FILL, EVENTS, DOCUMENT = "arrival.nii.gz", "fill.nii.gz", "events.jsonl", "inject.json"
ACTIONS = "actions.jsonl"
CAVITY = "cavity.nii.gz"
SAME_PLACE_MM = 1e-3  # [choice] rounding of an affine in a file
FULLER_THAN_FULL = 1.0 + 1e-6  # [choice] rounding of a fraction in float32
LPS_OF_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
REMEDY = "give the folder of `inject` or `run`, or make the injection anew"


@dataclass(frozen=True, eq=False, kw_only=True)
class CementRun:
    """A finished injection as its volumes tell it, with the cavities of its balloons."""

    fill: Float32[np.ndarray, "k j i"]
    arrival_s: Float32[np.ndarray, "k j i"]
    product: str
    inputs: tuple[InputFile, ...]
    cavities: tuple[Cavity, ...] = ()


def written_files(run: Injection) -> Files:
    """Names of the files beside inject.json; a cavity only where a balloon was inflated."""
    cavity = CAVITY if run.cavities else None
    return Files(arrival=ARRIVAL, fill=FILL, events=EVENTS, actions=ACTIONS, cavity=cavity)


def write_injection(run: Injection, grid: VertebraGrid, folder: Path) -> None:
    """Write arrival, fill, events and, after balloons, their cavities by number; each lies in the CT's world."""
    volumes = {ARRIVAL: run.arrival_time_s, FILL: run.fill}
    if run.cavities:
        volumes[CAVITY] = sum((n * cavity.mask for n, cavity in enumerate(run.cavities, 1)), np.zeros(run.fill.shape))
    for name, values in volumes.items():
        write_grid_volume(folder / name, values, grid)
    write_whole_text(folder / EVENTS, "".join(json.dumps(event) + "\n" for event in run.events))


def write_grid_volume(file: Path, values: Float[np.ndarray, "k j i"], grid: VertebraGrid) -> None:
    """Write a field on a vertebra's grid as NIfTI in the CT's world, whole or not at all."""
    write_volume(file, values, LPS_OF_RAS @ grid.affine.matrix)


def write_volume(file: Path, values: Float[np.ndarray, "k j i"], ras: Float64[np.ndarray, "4 4"]) -> None:
    """Write a field as NIfTI, whole or not at all; `ras` maps (i, j, k) to RAS mm."""
    image: Any = nibabel.Nifti1Image(values.astype(np.float32).T, ras)  # type: ignore[no-untyped-call]
    image.header.set_xyzt_units("mm")
    write_whole(file, lambda path: nibabel.save(image, path))


def write_actions(run: Injection, folder: Path) -> None:
    """Write what the operator did, one JSON object a line; carried out again it gives the same injection."""
    lines = (json.dumps(action.as_json()) + "\n" for action in run.actions)
    write_whole_text(folder / ACTIONS, "".join(lines))


def read_cement(folder: Path, grid: VertebraGrid) -> CementRun:
    """Read a finished injection that lies on this grid.

    Raises:
        Refused: the folder holds no injection of this level, or it lies on another grid, or its volumes are damaged.
    """
    document = read_document(folder / DOCUMENT, InjectDocument, "inject", REMEDY, where="--cement")
    if document.level != grid.level:
        raise Refused(
            f"{folder.name} is an injection of {document.level}, not {grid.level}: {REMEDY}.", where="--cement"
        )
    if document.files.fill is None:
        raise Refused(f"Nothing was injected in {folder.name}: {document.stop_sentence}", where="--cement")
    recall_own(document.parameters, DOCUMENT)
    product = str(document.parameters.get("product"))
    if product not in products():
        raise Refused(f"The inject.json of {folder.name} names no known product: {REMEDY}.", where="--cement")
    fill, arrival = (_read_volume(folder / name, grid) for name in (FILL, ARRIVAL))
    if not (
        np.isfinite(fill).all() and fill.min() >= 0 and fill.max() <= FULLER_THAN_FULL and not np.isnan(arrival).any()
    ):
        raise Refused(f"The volumes of {folder.name} hold impossible values: {REMEDY}.", where="--cement")
    cavities = _read_cavities(folder, document, grid) if document.balloons else ()
    names = (FILL, ARRIVAL, *((CAVITY,) if cavities else ()))
    inputs = tuple(InputFile(role="cement", name=name, sha256=sha256_of(folder / name)) for name in names)
    return CementRun(fill=fill, arrival_s=arrival, product=product, inputs=inputs, cavities=cavities)


def _read_cavities(folder: Path, document: InjectDocument, grid: VertebraGrid) -> tuple[Cavity, ...]:
    """The cavity of every balloon that the document tells of, numbered from 1 in one volume."""
    number = _read_volume(folder / CAVITY, grid)
    known = np.arange(len(document.balloons) + 1)
    if not np.isin(number, known).all() or (number[~grid.body()] > 0).any():
        raise Refused(f"{CAVITY} of {folder.name} holds other numbers than its balloons: {REMEDY}.", where="--cement")
    return tuple(
        Cavity(mask=number == n, **balloon.model_dump()) for n, balloon in enumerate(document.balloons, start=1)
    )


def _read_volume(file: Path, grid: VertebraGrid) -> Float32[np.ndarray, "k j i"]:
    if not file.is_file():
        raise Refused(f"{file.parent.name} lacks {file.name}: {REMEDY}.", where="--cement")
    try:
        with quiet_readers():
            image: Any = nibabel.load(file)
        shape, matrix = image.shape, LPS_OF_RAS @ np.asarray(image.affine)
        # The shape is checked before any voxel is read: a header may promise what no memory holds.
        there = (
            shape[::-1] == grid.hu.shape and np.abs(Affine(matrix).matrix - grid.affine.matrix).max() <= SAME_PLACE_MM
        )
        values = np.asarray(image.dataobj).T if there else None
    except (nibabel.filebasedimages.ImageFileError, OSError, EOFError, ValueError, zlib.error):
        raise Refused(f"{file.name} of {file.parent.name} is damaged: {REMEDY}.", where="--cement") from None
    if values is None or not np.issubdtype(values.dtype, np.floating):
        raise Refused(_another_grid(file, shape, matrix, grid), where="--cement")
    return values.astype(np.float32)


def _another_grid(file: Path, shape: tuple[int, ...], matrix: np.ndarray, grid: VertebraGrid) -> str:
    """What the file's grid is, what was asked for, and how the two come together."""
    edges = np.linalg.norm(matrix[:3, :3], axis=0)
    if edges.max() - edges.min() <= SAME_PLACE_MM and abs(edges[0] - grid.spacing_mm) > SAME_PLACE_MM:
        return (
            f"{file.name} of {file.parent.name} was made with --grid-mm {edges[0]:g}, not {grid.spacing_mm:g}: add "
            f"--grid-mm {edges[0]:g}, or make the injection anew with --grid-mm {grid.spacing_mm:g}."
        )
    made, asked = (" x ".join(map(str, size)) for size in (shape, grid.hu.shape[::-1]))
    return (
        f"{file.name} of {file.parent.name} has {made} voxels in another place than the {asked} of {grid.level} here: "
        "use the CT, labels, --level and --landmarks of that injection."
    )
