"""Ten lines for people: what a walk found, in the order a clinician asks."""

from vertebroplasty.documents.common import NOT_A_DEVICE
from vertebroplasty.documents.inject import InjectDocument
from vertebroplasty.documents.measure import LevelEntry
from vertebroplasty.documents.plan import PlanDocument
from vertebroplasty.documents.screen import ScreenDocument
from vertebroplasty.documents.strength import StrengthDocument, StrengthEntry

__all__ = ["summary"]


def summary(
    measured: LevelEntry, screen: ScreenDocument, plan: PlanDocument, inject: InjectDocument, strength: StrengthDocument
) -> list[str]:
    """Level, verdict, size, density, canal, needle, injection, leaks, strength, disclaimer: a line each."""
    return [
        f"Level      {measured.level} ({'complete' if measured.complete else 'cut'}); confirm it under fluoroscopy",
        f"Verdict    {screen.levels[0].first_line}",
        f"Heights    {_heights(measured)}",
        f"Density    {_density(measured)}",
        f"Canal      {_canal(measured)}",
        f"Needle     {_needle(plan)}",
        f"Injection  {_injection(inject)}",
        f"Leaks      {_leaks(inject)}",
        f"Strength   {_strength(strength)}",
        NOT_A_DEVICE,
    ]


def _number(value: float | None, unit: str, digits: int = 1) -> str:
    return "unknown" if value is None else f"{value:.{digits}f} {unit}"


def _heights(m: LevelEntry) -> str:
    three = (m.anterior_height_mm, m.middle_height_mm, m.posterior_height_mm)
    words = " / ".join("unknown" if value is None else f"{value:.1f}" for value in three)
    grade = "Genant unknown" if m.genant.grade is None else f"Genant {m.genant.grade}"
    return f"{words} mm (front / middle / back), wedge {_number(m.wedge_angle_deg, '°')}, {grade}"


def _density(m: LevelEntry) -> str:
    return f"{_number(m.trabecular_hu.mean, 'HU', 0)} in the core; body {_number(m.body_volume_ml, 'ml')}"


def _canal(m: LevelEntry) -> str:
    wall = {True: "no gap seen in the posterior wall", False: "a gap in the posterior wall"}
    seen = "posterior wall not assessed" if m.posterior_wall.intact is None else wall[m.posterior_wall.intact]
    return f"AP {_number(m.canal.ap_mm, 'mm')}, compromise {_number(m.canal.compromise_percent, '%', 0)}; {seen}"


def _needle(plan: PlanDocument) -> str:
    if not plan.paths:
        return "no safe path: " + "; ".join(f"{refused.side} {refused.reason}" for refused in plan.refused)
    best = plan.paths[0]
    others = f"; {len(plan.paths) - 1} more" if len(plan.paths) > 1 else ""
    return f"{best.side} pedicle, {best.gauge}G, worst clearance {_number(best.worst_clearance_mm, 'mm')}{others}"


def _injection(inject: InjectDocument) -> str:
    if inject.injected_ml is None:
        return inject.stop_sentence
    return f"{inject.injected_ml:.2f} ml, {inject.in_body_ml:.2f} ml in the bone. {inject.stop_sentence}"


def _leaks(inject: InjectDocument) -> str:
    if inject.injected_ml is None:
        return "none simulated"
    leaked = ", ".join(f"{leak.site} {leak.volume_ml:.2f} ml" for leak in inject.leaks) or "none on the assessed paths"
    return f"{leaked}; not assessed: {', '.join(inject.not_assessed)}" if inject.not_assessed else leaked


def _strength(strength: StrengthDocument) -> str:
    before = _load(strength.before)
    if strength.ratio.stiffness is None:
        return f"{before} before cement; no ratio"
    return (
        f"stiffness × {strength.ratio.stiffness:.2f} with cement; {before} before, calibration {strength.calibration}"
    )


def _load(entry: StrengthEntry | None) -> str:
    if entry is None or entry.failure_load_n is None:
        return "failure load unknown"
    interval = entry.failure_load_interval
    text = f"{float(f'{entry.failure_load_n:.2g}'):.0f} N"
    return f"{text} ({float(f'{interval[0]:.2g}'):.0f} to {float(f'{interval[1]:.2g}'):.0f})" if interval else text
