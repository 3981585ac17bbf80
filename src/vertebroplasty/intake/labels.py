"""From a segmentation to named levels on the CT: which label is L3, proven or confirmed, never guessed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Shaped
from scipy import ndimage

from vertebroplasty.anatomy.levels import LevelEvidence, Spine, level_rank
from vertebroplasty.anatomy.volume import CtVolume, InputFile
from vertebroplasty.errors import UnreadableImage
from vertebroplasty.files import sha256_of
from vertebroplasty.intake.column import Column, build_column, step_sentence
from vertebroplasty.intake.evidence import (
    column_faults,
    level_evidence,
    piece_sentences,
    settle_faults,
    unusual_counts,
)
from vertebroplasty.intake.label_files import read_pair
from vertebroplasty.intake.label_grid import labels_on_ct
from vertebroplasty.intake.label_volume import LabelPiece, LabelVolume, measure_pieces
from vertebroplasty.intake.scheme_proof import choose_scheme
from vertebroplasty.intake.schemes import SUBREGIONS, scheme_named

__all__ = ["read_labels"]

CODED_SCHEME = "dicom-seg"
CRUMB_SHARE = 0.01  # [choice] of the usual label's volume: stray voxels, no vertebra


@dataclass(frozen=True, eq=False, kw_only=True)
class _Named:
    """What a label volume is found to be."""

    scheme: str
    names: dict[int, str]
    ribs_labelled: bool
    faults: tuple[str, ...]  # clauses that stop, unless a level is confirmed
    doubts: tuple[str, ...]  # clauses that are only said
    notes: tuple[str, ...]


def read_labels(
    seg: Path | str | Sequence[Path | str],
    *,
    like: CtVolume,
    scheme: str | None = None,
    confirm_level: str | None = None,
) -> Spine:
    """Read the labelled levels of one CT.

    Args:
        seg: a NIfTI mask or DICOM segmentation of vertebrae; or two NIfTI masks, vertebrae and their subregions, in
            either order.
        like: the CT; the labels are laid onto its grid.
        scheme: `verse`, `tptbox`, `totalsegmentator-v1` or `totalsegmentator-v2`; without it the files must prove the
            scheme.  A DICOM segmentation names its own levels.
        confirm_level: a level that a person confirmed against the images although the labels contradict themselves.

    Returns:
        The spine: labels [k, j, i] on the CT's grid holding levels only, their names and the evidence for each.

    Raises:
        UnknownLabels: the scheme is neither declared nor proven, or names contradict the order along the spine.
        UnreadableImage: a file cannot be read, or does not lie in this CT.
        Refused: an unknown scheme, or a confirmed level that is not there.
    """
    paths = [Path(seg)] if isinstance(seg, str | Path) else [Path(item) for item in seg]
    vertebrae, parts = read_pair(paths)
    if confirm_level is not None:
        level_rank(confirm_level)
    if scheme is not None:
        scheme_named(scheme)
    pieces, crumb_notes = _without_crumbs(measure_pieces(vertebrae))
    named = _name(vertebrae, pieces, scheme, with_parts=parts is not None)
    trusted = settle_faults(named.faults, confirm_level, named.names, scheme=named.scheme)
    column = build_column([(name, pieces[value]) for value, name in trusted.items()])
    on_ct, grid_notes = labels_on_ct(vertebrae, like)
    labels = _levels_only(on_ct, trusted)
    names, lost = _inside(trusted, labels, vertebrae.name)
    said = tuple(f"{clause[0].upper()}{clause[1:]}." for clause in (*named.faults, *named.doubts))
    evidence, island_notes = _evidence(
        names,
        labels,
        column,
        ribs_labelled=named.ribs_labelled,
        general=(*said, *unusual_counts(column)),
        confirmed=confirm_level,
    )
    subregions, part_notes = _subregions(parts, labels, like) if parts else (None, ())
    return Spine(
        ct=like,
        labels=labels,
        affine=like.affine,
        names=names,
        scheme=named.scheme,
        evidence=evidence,
        subregions=subregions,
        notes=(*vertebrae.notes, *crumb_notes, *named.notes, *grid_notes, *lost, *island_notes, *part_notes),
        inputs=_inputs(paths, parts),
        ribs_labelled=named.ribs_labelled,
    )


def _without_crumbs(pieces: Mapping[int, LabelPiece]) -> tuple[dict[int, LabelPiece], tuple[str, ...]]:
    """Labels large enough to be something, and a sentence on stray ones."""
    usual = float(np.median([piece.voxels for piece in pieces.values()]))
    crumbs = [value for value, piece in pieces.items() if piece.voxels < CRUMB_SHARE * usual]
    kept = {value: piece for value, piece in pieces.items() if value not in crumbs}
    listed = ", ".join(f"{value} ({pieces[value].voxels} voxels)" for value in crumbs)
    return kept, (f"Labels too small for a vertebra were left aside: {listed}.",) if crumbs else ()


def _name(volume: LabelVolume, pieces: Mapping[int, LabelPiece], scheme: str | None, *, with_parts: bool) -> _Named:
    """Levels by the file's own codes, or by a scheme."""
    if volume.names is not None:
        note = f"{volume.name} names its own levels, so --labels {scheme} was not used."
        names = {value: name for value, name in volume.names.items() if value in pieces}
        column = build_column([(name, pieces[value]) for value, name in names.items()])
        unlikely = step_sentence(column)
        return _Named(
            scheme=CODED_SCHEME,
            names=names,
            ribs_labelled=False,
            faults=column_faults(column, whole_sacrum="S1" in column.names),
            doubts=(unlikely,) if unlikely else (),
            notes=(note,) if scheme else (),
        )
    reading = choose_scheme(pieces, scheme, name=volume.name, with_parts=with_parts)
    faults = column_faults(reading.column, whole_sacrum=reading.whole_sacrum)
    return _Named(
        scheme=reading.scheme.name,
        names=reading.names,
        ribs_labelled=reading.ribs_labelled,
        faults=tuple(dict.fromkeys((*reading.misplaced, *faults))),
        doubts=reading.unlikely,
        notes=reading.notes,
    )


def _levels_only(labels: Shaped[np.ndarray, "k j i"], names: Mapping[int, str]) -> Shaped[np.ndarray, "k j i"]:
    """Labels without discs, ribs, organs and whatever else is no level."""
    lookup = np.zeros(1 + max(int(labels.max()), *names), labels.dtype)
    lookup[list(names)] = list(names)
    return lookup[labels]


def _inside(
    names: Mapping[int, str], labels: Shaped[np.ndarray, "k j i"], file_name: str
) -> tuple[dict[int, str], tuple[str, ...]]:
    """The levels that have voxels in the CT, and a sentence on those that have none."""
    present = set(np.flatnonzero(np.bincount(labels.ravel())).tolist())
    kept = {value: name for value, name in names.items() if value in present}
    if not kept:
        raise UnreadableImage(
            f"No level of {file_name} lies inside the CT: give the segmentation of this CT.", where=file_name
        )
    lost = sorted((name for value, name in names.items() if value not in present), key=level_rank)
    return kept, (f"{', '.join(lost)} lie outside the CT.",) if lost else ()


def _evidence(
    names: Mapping[int, str],
    labels: Shaped[np.ndarray, "k j i"],
    column: Column,
    *,
    ribs_labelled: bool,
    general: tuple[str, ...],
    confirmed: str | None,
) -> tuple[dict[str, LevelEvidence], tuple[str, ...]]:
    """The evidence of every level, and a note on islands."""
    boxes = ndimage.find_objects(labels)
    evidence: dict[str, LevelEvidence] = {}
    islands: list[str] = []
    for value, name in names.items():
        doubled, small = piece_sentences(name, labels, value, boxes[value - 1])
        if small:
            islands.append(f"{name} ({small})")
        evidence[name] = level_evidence(
            name,
            column,
            ribs_labelled=ribs_labelled,
            suspicious=(*general, *((doubled,) if doubled else ())),
            confirmed=name == confirmed,
        )
    note = f"Small islands beside the main piece were left in: {', '.join(islands)}."
    return evidence, (note,) if islands else ()


def _subregions(
    parts: LabelVolume, labels: Shaped[np.ndarray, "k j i"], ct: CtVolume
) -> tuple[Shaped[np.ndarray, "k j i"], tuple[str, ...]]:
    """Part ids in our own numbering, inside labelled levels only."""
    on_ct, notes = labels_on_ct(parts, ct)
    lookup = np.zeros(1 + max(int(on_ct.max()), *SUBREGIONS), np.uint8)
    lookup[list(SUBREGIONS)] = list(SUBREGIONS.values())
    return np.where(labels > 0, lookup[on_ct], np.uint8(0)), (*parts.notes, *notes)


def _inputs(paths: Sequence[Path], parts: LabelVolume | None) -> tuple[InputFile, ...]:
    roles = {True: "segmentation-subregions", False: "segmentation"}
    return tuple(
        InputFile(role=roles[parts is not None and path.name == parts.name], name=path.name, sha256=sha256_of(path))
        for path in paths
    )
