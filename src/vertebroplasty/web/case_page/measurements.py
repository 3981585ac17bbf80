"""The measurements of a level as lines of a table, each with its ± and unit, or why it is unknown."""

from collections.abc import Iterator
from dataclasses import dataclass

from vertebroplasty.anatomy import NOT_MODELLED, SOURCES
from vertebroplasty.case.opened import OpenedCase
from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.measure import LevelEntry, MeasureDocument, measure_document
from vertebroplasty.web.texts.texts import Texts

__all__ = ["Row", "measured_document", "measurement_rows"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what, how much, and why it is unknown where it is."""

    name: str
    value: str
    why: str = ""


def measured_document(case: OpenedCase) -> MeasureDocument:
    """What was measured, as `measure` answers it."""
    return measure_document(
        [case.measured],
        Provenance.of((), {}, 0.0),
        sources=SOURCES,
        not_modelled=NOT_MODELLED,
        warnings=case.said,
    )


def measurement_rows(document: MeasureDocument, t: Texts) -> list[Row]:
    """All lines in the order of the report."""
    reasons = {entry.what.removeprefix("levels[0]."): entry.why for entry in document.unknown}
    return list(_Rows(document.levels[0], reasons, t).rows())


@dataclass(frozen=True, slots=True)
class _Rows:
    m: LevelEntry
    reasons: dict[str, str]
    t: Texts

    def rows(self) -> Iterator[Row]:
        m, number, length = self.m, self._number, self._length
        for place in ("anterior", "middle", "posterior"):
            yield length(f"height_{place}", f"{place}_height_mm", getattr(m, f"{place}_height_plus_minus_mm"))
        yield number("wedge_angle", "wedge_angle_deg", m.wedge_angle_plus_minus_deg, "°")
        yield self._genant()
        yield length("body_depth", "body_depth_mm", m.body_depth_plus_minus_mm)
        yield length("body_width", "body_width_mm", m.body_width_plus_minus_mm)
        yield number("body_volume", "body_volume_ml", m.body_volume_plus_minus_ml, "ml")
        yield number("density", "trabecular_hu.mean", m.trabecular_hu.sd, "HU", digits=0, spread="sd")
        yield number("bmd", "bmd_mg_per_ml.value", None, "mg/ml", digits=0)
        for side in ("left", "right"):
            yield from self._pedicle(side)
        yield length("canal_ap", "canal.ap_mm", m.canal.ap_plus_minus_mm)
        yield number(
            "canal_compromise", "canal.compromise_percent", m.canal.compromise_plus_minus_percent, "%", digits=0
        )
        wall = m.posterior_wall
        yield length("retropulsion", "posterior_wall.retropulsion_mm", wall.retropulsion_plus_minus_mm)
        yield self._wall()
        yield Row(self.t("case.clefts"), f"{len(m.clefts)}")
        yield Row(self.t("case.lytic_holes"), f"{len(m.lytic_holes)}")
        yield self._gaps()
        yield number("kyphosis", "regional_kyphosis_deg", None, "°")

    def _length(self, key: str, path: str, plus_minus: float | None) -> Row:
        return self._number(key, path, plus_minus, "mm")

    def _number(
        self, key: str, path: str, plus_minus: float | None, unit: str, *, digits: int = 1, spread: str = "±"
    ) -> Row:
        value: float | None = self.m  # type: ignore[assignment]
        for name in path.split("."):
            value = getattr(value, name)
        name = self.t(f"case.{key}")
        if value is None:
            return Row(name, self.t("common.unknown"), self.reasons.get(path, ""))
        return Row(name, _with_error(value, plus_minus, unit, digits, spread))

    def _genant(self) -> Row:
        genant, name = self.m.genant, "Genant"
        if genant.grade is None:
            return Row(name, self.t("common.unknown"), self.reasons.get("genant.grade", ""))
        shape = "" if genant.shape in (None, "none") else f", {self.t(f'case.genant_{genant.shape}')}"
        loss = genant.height_loss_percent
        lost = "" if loss is None else _with_error(loss, genant.height_loss_plus_minus_percent, "%", 0, "±")
        against = ", ".join(genant.reference_levels)
        return Row(name, self.t("case.genant_is", grade=genant.grade, shape=shape, loss=lost, levels=against))

    def _pedicle(self, side: str) -> Iterator[Row]:
        size = self.m.pedicle.get(side)
        name = self.t(f"case.pedicle_{side}")
        if size is None:
            yield Row(name, self.t("common.unknown"))
        elif size.width_mm is None or size.height_mm is None:
            yield Row(name, self.t("common.unknown"), self.reasons.get(f"pedicle.{side}.width_mm", ""))
        else:
            width = _with_error(size.width_mm, size.width_plus_minus_mm, "mm", 1, "±")
            yield Row(name, f"{width} × {_with_error(size.height_mm, size.height_plus_minus_mm, 'mm', 1, '±')}")

    def _wall(self) -> Row:
        intact, name = self.m.posterior_wall.intact, self.t("case.wall")
        if intact is None:
            return Row(name, self.t("case.not_assessed"), self.reasons.get("posterior_wall.intact", ""))
        return Row(name, self.t("case.no_gap" if intact else "case.gap"))

    def _gaps(self) -> Row:
        cortex, name = self.m.cortex, self.t("case.gaps")
        if not cortex.breaches_can_be_seen:
            return Row(name, self.t("case.not_assessed"), self.t("case.too_coarse"))
        gaps = [f"{each.area_mm2:.0f} mm² → {self.t(f'case.toward_{each.toward}')}" for each in cortex.breaches]
        return Row(name, "; ".join(gaps) or self.t("case.no_gaps"))


def _with_error(value: float, plus_minus: float | None, unit: str, digits: int, spread: str) -> str:
    error = "" if plus_minus is None else f" {spread} {plus_minus:.{digits}f}"
    return f"{round(value, digits) + 0.0:.{digits}f}{error} {unit}"
