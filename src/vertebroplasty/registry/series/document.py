"""The statistics of a series as the JSON document that `registry stats` prints."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from math import isfinite
from typing import Any

import numpy as np

from vertebroplasty.documents.common import Provenance, Unknowns, rounded
from vertebroplasty.documents.registry_stats import (
    NOT_MODELLED,
    CountsEntry,
    DefinitionEntry,
    LeakEntry,
    MissingEntry,
    ModalityEntry,
    ModelEntry,
    QuotedEntry,
    RegistryStatsDocument,
    ShareEntry,
    VolumeEntry,
    WindowShareEntry,
)
from vertebroplasty.registry.series.definition import definition_statement
from vertebroplasty.registry.series.rows import LeakRow, Row
from vertebroplasty.registry.series.statistics import SeriesStatistics
from vertebroplasty.registry.statistics.proportions import Proportion

__all__ = ["as_plain", "registry_stats_document"]

NOT_STATED = "the series does not state it"
ALL_WINDOWS = "no follow-up of these procedures grades relief"


def registry_stats_document(
    found: SeriesStatistics, provenance: Provenance, *, models: Mapping[str, Any] | None = None
) -> RegistryStatsDocument:
    """Fill the document.

    Args:
        found: the statistics of the series.
        provenance: parameters and duration; the records themselves are not hashed here.
        models: each model by its name, as a frozen dataclass, or a sentence why there is none; None: not asked for.
    """
    unknowns = Unknowns()
    for what, value in (("procedures", found.procedures), ("levels", found.levels)):
        if value is None:
            unknowns.note(f"counts.{what}", NOT_STATED)
    if found.volume_ml.n == 0:
        for what in ("mean", "min", "max"):
            unknowns.note(f"volume_ml.{what}", "no volume is recorded")
    if models is None:
        unknowns.note("models", "they were not asked for")
    head = provenance.head(
        "registry-stats",
        sources=(said.source for said in found.as_printed),
        warnings=found.warnings,
        not_modelled=NOT_MODELLED,
        unknown=unknowns.entries,
    )
    document = RegistryStatsDocument(
        **head,
        series=found.series,
        title=found.title,
        synthetic=found.synthetic,
        counts=CountsEntry(patients=found.patients, procedures=found.procedures, levels=found.levels),
        indications=[ShareEntry(**_share(row)) for row in found.indications],
        complications=[ShareEntry(**_share(row)) for row in found.complications],
        leaks=[_leak(row) for row in found.leaks],
        relief=_by_window(found.relief),
        volume_ml=VolumeEntry(
            mean=rounded(found.volume_ml.mean),
            min=rounded(found.volume_ml.min),
            max=rounded(found.volume_ml.max),
            n=found.volume_ml.n,
            missing=found.volume_ml.missing,
        ),
        followed_up=_by_window(found.followed_up),
        missing=[MissingEntry(name=share.name, **_proportion(share)) for share in found.missing],
        as_printed=[QuotedEntry(statement=said.statement, source=said.source) for said in found.as_printed],
        notes=list(found.notes),
        definitions=[DefinitionEntry(id=id, statement=definition_statement(id)) for id in found.definitions],
        models=None if models is None else [_model(name, result) for name, result in models.items()],
    )
    _explain(document, found)
    return document


def _explain(document: RegistryStatsDocument, found: SeriesStatistics) -> None:
    """Say why a percentage or a window is null."""
    reasons = Unknowns()
    groups = {
        "indications": [row.share for row in found.indications],
        "complications": [row.share for row in found.complications],
        "relief": [row.share for row in found.relief],
        "followed_up": [row.share for row in found.followed_up],
        "missing": found.missing,
    }
    for key, shares in groups.items():
        for n, share in enumerate(shares):
            _note(reasons, f"{key}[{n}]", share)
    for n, row in enumerate(found.relief):
        if row.window is None:
            whole = row.definition.startswith("not-evaluated")
            reasons.note(f"relief[{n}].window", ALL_WINDOWS if whole else "neither the window nor the day is stated")
    for n, leak in enumerate(found.leaks):
        _note(reasons, f"leaks[{n}]", leak.share)
        for m, seen in enumerate(leak.by_modality):
            _note(reasons, f"leaks[{n}].by_modality[{m}]", seen.share)
    document.unknown.extend(reasons.entries)


def _note(reasons: Unknowns, path: str, share: Proportion) -> None:
    if share.percent is None:
        empty = [key for key in ("k", "n") if getattr(share, key) is None]
        for key in (*empty, "percent", "ci_low_percent", "ci_high_percent"):
            reasons.note(f"{path}.{key}", share.why_unknown)


def _proportion(share: Proportion) -> dict[str, Any]:
    return {
        "k": share.k,
        "n": share.n,
        "denominator": share.denominator.value,
        "percent": rounded(share.percent),
        "ci_low_percent": rounded(share.ci_low_percent),
        "ci_high_percent": rounded(share.ci_high_percent),
        "method": share.method.value,
    }


def _share(row: Row) -> dict[str, Any]:
    return {"name": row.share.name, "definition": row.definition, **_proportion(row.share)}


def _by_window(rows: Iterable[Row]) -> list[WindowShareEntry]:
    return [WindowShareEntry(**_share(row), window=None if row.window is None else row.window.value) for row in rows]


def _leak(row: LeakRow) -> LeakEntry:
    return LeakEntry(
        site=row.site.value,
        definition=row.definition,
        symptomatic_k=row.symptomatic_k,
        symptomatic_not_stated_k=row.symptomatic_not_stated_k,
        modality_not_stated_k=row.modality_not_stated_k,
        by_modality=[
            ModalityEntry(modality=seen.modality.value, symptomatic_k=seen.symptomatic_k, **_proportion(seen.share))
            for seen in row.by_modality
        ],
        **_proportion(row.share),
    )


def _model(name: str, result: Any) -> ModelEntry:
    if isinstance(result, str):
        return ModelEntry(name=name, result=None, why_not=result)
    return ModelEntry(name=name, result=as_plain(result), why_not=None)


def as_plain(value: Any) -> Any:
    """Dataclasses, arrays and enumerations as what JSON holds; a number that is not finite becomes null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, np.ndarray | np.generic):
        return as_plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(as_plain(key)): as_plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(inner) for inner in value]
    if isinstance(value, float):
        return rounded(value) if isfinite(value) else None
    return value
