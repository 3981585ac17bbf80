"""Saving finished rehearsals, and an operator's earlier ones; they are the operator's own, and nobody is ranked."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.errors import Refused
from vertebroplasty.registry.rehearsals.record import ELEMENTS, Rehearsal, SimulatedLeak
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.store.changing import is_id
from vertebroplasty.registry.store.looking import entries
from vertebroplasty.registry.store.registry import Registry

if TYPE_CHECKING:
    from vertebroplasty.documents.rehearse import RehearseDocument

__all__ = ["log_sha256", "past_of", "rehearsal_of", "rehearsals_of", "save_rehearsal"]

SHA_256 = re.compile(r"[0-9a-f]{64}")
SHOWN = 16  # [choice] characters of the log's hash in the id: no two of a department meet


def log_sha256(log: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 of a rehearsal's log: its actions and events as compact JSON lines with their keys in order."""
    digest = hashlib.sha256()
    for entry in log:
        line = json.dumps(dict(entry), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def rehearsal_of(document: "RehearseDocument", *, operator: str, ended_at: datetime, guided: bool) -> Rehearsal:
    """The record of a rehearsal from its document; its id is made of the hash of its log.

    Args:
        document: the finished, scored rehearsal.
        operator: pseudonym of who rehearsed.
        ended_at: when it ended, with its zone.
        guided: whether leaks that a picture showed were told at once.

    Raises:
        Refused: the document has no log.
    """
    if not document.log:
        raise Refused("The rehearsal has no log, so it cannot be kept: rehearse first.", where="log")
    head, hash_of_log = document.log[0], log_sha256(document.log)
    return Rehearsal(
        rehearsal_id=f"R-{hash_of_log[:SHOWN]}",
        operator=operator,
        ended_at=ended_at,
        case=document.case,
        level=document.level,
        seed=head.get("seed"),
        product=head.get("product"),
        planned_ml=head.get("volume_ml"),
        guided=guided,
        **{name: getattr(document.score, name).value for name in ELEMENTS},
        stop_delay_s=document.stop_delay_s,
        injected_ml=document.injected_ml,
        in_body_ml=document.in_body_ml,
        leaks=tuple(SimulatedLeak(site=LeakSite(leak.site), volume_ml=leak.volume_ml) for leak in document.leaks),
        state_sha256=document.state_sha256,
        log_sha256=hash_of_log,
    )


def save_rehearsal(registry: Registry, rehearsal: Rehearsal, *, by: str, why: str | None = None) -> None:
    """Keep a finished rehearsal as a rehearsal; no statistic of procedures ever counts it.

    Args:
        registry: where it is kept; the journal holds it as everything else.
        rehearsal: the record.
        by: who writes.
        why: the reason, if there is one to tell.

    Raises:
        Refused: no moment or no hash, its log is kept already, or a field is outside its limits.
    """
    if rehearsal.ended_at is None:
        raise Refused("State when the rehearsal ended, with the time zone.", where="ended_at")
    for name in ("state_sha256", "log_sha256"):
        if SHA_256.fullmatch(getattr(rehearsal, name)) is None:
            raise Refused(f"{name} is no SHA-256: it has 64 digits of 0 to 9 and a to f.", where=name)
    registry.add(rehearsal, by=by, why=why)


def rehearsals_of(registry: Registry, operator: str) -> tuple[Rehearsal, ...]:
    """The rehearsals of one operator in the order in which they ended; none if there are none.

    Raises:
        Refused: that is no pseudonym.
    """
    if not is_id(operator):
        raise Refused(f"{operator!r} cannot be the pseudonym of an operator.", where="operator")
    with registry.reading() as connection:
        found = [entry.record for entry in entries(connection, "rehearsal", tables.rehearsal.c.operator == operator)]
    return tuple(sorted(found, key=lambda one: (one.ended_at is None, one.ended_at, one.rehearsal_id)))


def past_of(registry: Registry, operator: str, *, guided: bool) -> dict[str, list[float]]:
    """The values of each element in the operator's earlier rehearsals, oldest first; those not judged left out.

    Only guided ones, or only unguided ones: to be told of a leak and to see it are two tasks.
    """
    earlier = [each for each in rehearsals_of(registry, operator) if each.guided is guided]
    values = {name: [getattr(one, name) for one in earlier] for name in ELEMENTS}
    return {name: [value for value in told if value is not None] for name, told in values.items()}
