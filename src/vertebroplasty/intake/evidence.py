"""How sure a level's name is: where the count began, who lies next to it, and what a reader must look at again."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Shaped
from scipy import ndimage

from vertebroplasty.anatomy.levels import LevelEvidence, expected_below
from vertebroplasty.errors import Refused, UnknownLabels
from vertebroplasty.intake.column import Column, gap_sentence, name_gap_sentence, order_sentence

__all__ = ["column_faults", "level_evidence", "piece_sentences", "settle_faults", "unusual_counts"]

SIMILAR_SHARE = 0.5  # [choice] a second piece at least half as large as the first is no island
NEIGHBOURHOOD = np.ones((3, 3, 3), bool)  # voxels that touch by a corner belong together


def column_faults(column: Column, *, whole_sacrum: bool) -> tuple[str, ...]:
    """Clauses on what is wrong with the names along the column; none means that they follow each other."""
    order = order_sentence(column)
    if order:
        return (order,)
    found = (name_gap_sentence(column), gap_sentence(column, whole_sacrum=whole_sacrum))
    return tuple(clause for clause in found if clause)


def settle_faults(
    faults: tuple[str, ...], confirmed: str | None, names: Mapping[int, str], *, scheme: str
) -> dict[int, str]:
    """Stop at a fault unless the user confirmed a level; repeated names are then dropped.

    Returns:
        The names that may be used.

    Raises:
        UnknownLabels: a fault that nobody confirmed, or a confirmed name carried by two labels.
        Refused: the confirmed level is not labelled.
    """
    if confirmed is not None and confirmed not in names.values():
        present = ", ".join(names.values()) or "none"
        raise Refused(f"The segmentation holds no {confirmed} to confirm: it has {present}.", where="--confirm-level")
    if faults and confirmed is None:
        raise UnknownLabels(
            f"Read as {scheme}, {faults[0]}: correct the labels, choose another --labels, or confirm the level to be "
            "treated against the images with --confirm-level.",
            where="--confirm-level",
        )
    repeated = {name for name in names.values() if list(names.values()).count(name) > 1}
    if confirmed in repeated:
        raise UnknownLabels(f"Two labels are {confirmed}: correct the labels.", where="--confirm-level")
    return {value: name for value, name in names.items() if name not in repeated}


def unusual_counts(column: Column) -> tuple[str, ...]:
    """Sentences on spines that do not have twelve thoracic and five lumbar vertebrae: allowed, and said."""
    pairs = set(zip(column.names, column.names[1:], strict=False))
    sentences = (
        (len(column.names) == 1, "No other level is labelled, so nothing in the segmentation supports the name."),
        ("T13" in column.names, "A thirteenth thoracic vertebra is labelled: check the count of ribs."),
        ("L6" in column.names, "A sixth lumbar vertebra is labelled: check the count from the sacrum and from C2."),
        (("L4", "S1") in pairs, "L4 lies directly above S1, so only four lumbar vertebrae are labelled: count again."),
        (
            ("T11", "L1") in pairs,
            "L1 lies directly below T11, so only eleven thoracic vertebrae are labelled: count again.",
        ),
    )
    return tuple(sentence for holds, sentence in sentences if holds)


def piece_sentences(
    name: str, labels: Shaped[np.ndarray, "k j i"], value: int, box: tuple[slice, ...]
) -> tuple[str | None, int]:
    """A sentence if the level lies in two pieces of similar size, and how many small islands it has beside them."""
    parts, count = ndimage.label(labels[box] == value, NEIGHBOURHOOD)
    sizes = np.sort(np.bincount(parts.ravel())[1:])[::-1]
    similar = int(np.count_nonzero(sizes >= SIMILAR_SHARE * sizes[0])) if count else 0
    sentence = f"{name} is labelled in {similar} separate pieces of similar size." if similar > 1 else None
    return sentence, count - max(similar, 1)


def level_evidence(
    name: str, column: Column, *, ribs_labelled: bool, suspicious: tuple[str, ...], confirmed: bool
) -> LevelEvidence:
    """What speaks for one level's name.

    The count begins at C2 or at the sacrum if every level from there to this one is labelled; else at labelled ribs if
    every level from a thoracic one to this one is; else nowhere, and the name rests on the segmentation alone.
    """
    at = column.names.index(name)
    joined = [lower in expected_below(upper) for upper, lower in zip(column.names, column.names[1:], strict=False)]
    neighbours = [
        column.names[other]
        for other, follows in ((at - 1, at > 0 and joined[at - 1]), (at + 1, at < len(joined) and joined[at]))
        if follows
    ]
    linked = {other for place, other in enumerate(column.names) if all(joined[min(at, place) : max(at, place)])}
    ribs = ribs_labelled and any(other.startswith("T") for other in linked)
    counted = "c2" if "C2" in linked else "sacrum" if "S1" in linked else "ribs" if ribs else "none"
    sentences = suspicious
    if confirmed and suspicious:
        sentences = (*suspicious, f"The user confirmed {name} against the images.")
    return LevelEvidence(
        counted_from=counted, neighbours=tuple(neighbours), suspicious=sentences, confirmed_by_user=confirmed
    )
