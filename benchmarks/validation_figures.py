"""The published bands and the simulation's numbers side by side: figures and a table for `docs/validation.md`.

Takes some minutes.  Run with `python benchmarks/validation_figures.py FOLDER_OF_REAL_CTS`.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the experiments, which tests hold to the bands as well

import validation_experiments as experiments  # noqa: E402
from real_spine import real_spine  # noqa: E402

FIGURES, PAGE = ROOT / "docs" / "figures", ROOT / "docs" / "validation.md"
BEGIN, END = "<!-- table: written by benchmarks/validation_figures.py -->", "<!-- end of table -->"
SPECIMENS = 60
LABEL_X, LEFT, RIGHT, NUMBERS_X, WIDTH = 12, 268, 620, 634, 800
TOP, ROW, FOOT = 46, 34, 74
BAND, EDGE, OURS, INK, SOFT = "#cfe3f3", "#0072b2", "#d55e00", "#1c2128", "#5c6670"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a figure: the published band with its middle, where there are such, and the simulation's number."""

    label: str
    ours: float
    low: float | None = None
    high: float | None = None
    middle: float | None = None
    shown: str = "{:.2g}"
    source: str = ""
    open_above: bool = False  # the band has no upper end, only the axis does
    open_below: bool = False

    @property
    def inside(self) -> bool | None:
        """Whether the number lies in the band; None where nothing was published."""
        if self.low is None or self.high is None:
            return None
        return (self.open_below or self.ours >= self.low) and (self.open_above or self.ours <= self.high)

    @property
    def band(self) -> str:
        """The band in words."""
        if self.low is None or self.high is None:
            return "none"
        if self.open_above:
            return f"at least {self.shown.format(self.low)}"
        if self.open_below:
            return f"below {self.shown.format(self.high)}"
        return f"{self.shown.format(self.low)} to {self.shown.format(self.high)}"

    @property
    def verdict(self) -> str:
        """Inside or outside, in words."""
        return {None: "no range known", True: "inside", False: "outside"}[self.inside]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: its file, its title, its axis and its rows."""

    name: str
    title: str
    axis: str
    ticks: Sequence[float]
    rows: Sequence[Row]
    logarithmic: bool = False

    def x(self, value: float) -> float:
        """Where a value lies; outside the axis it sticks to its end."""
        scale: Callable[[float], float] = np.log if self.logarithmic else float
        low, high = scale(self.ticks[0]), scale(self.ticks[-1])
        share = (scale(max(value, 1e-9)) - low) / (high - low)
        return LEFT + (RIGHT - LEFT) * min(max(share, 0.0), 1.0)

    def svg(self) -> str:
        """The drawing."""
        bottom = TOP + ROW * len(self.rows)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + FOOT}" role="img" '
            f'font-family="Helvetica, Arial, sans-serif" font-size="14" fill="{INK}">',
            f"<title>{escape(self.title)}</title>",
            f'<rect width="{WIDTH}" height="{bottom + FOOT}" fill="#ffffff"/>',
            f'<text x="{LABEL_X}" y="24" font-size="16" font-weight="bold">{escape(self.title)}</text>',
        ]
        for tick in self.ticks:
            at = self.x(tick)
            parts.append(f'<path d="M{at:.1f} {TOP - 6} V{bottom}" stroke="#e3e7eb"/>')
            parts.append(f'<text x="{at:.1f}" y="{bottom + 16}" text-anchor="middle" font-size="13">{tick:g}</text>')
        for n, row in enumerate(self.rows):
            parts += self._drawn(row, TOP + ROW * n + ROW / 2)
        middle = (LEFT + RIGHT) / 2
        parts.append(
            f'<text x="{middle}" y="{bottom + 36}" text-anchor="middle" font-size="13">{escape(self.axis)}</text>'
        )
        return "".join([*parts, *_legend(bottom + 60), "</svg>"])

    def _drawn(self, row: Row, y: float) -> list[str]:
        """One row: label, band, diamond, numbers."""
        parts = [f'<text x="{LABEL_X}" y="{y + 5:.1f}">{escape(row.label)}</text>']
        if row.low is not None and row.high is not None:
            left = LEFT if row.open_below else self.x(row.low)
            right = RIGHT if row.open_above else self.x(row.high)
            parts.append(
                f'<rect x="{left:.1f}" y="{y - 9:.1f}" width="{right - left:.1f}" height="18" fill="{BAND}" '
                f'stroke="{EDGE}"/>'
            )
        if row.middle is not None:
            at = self.x(row.middle)
            parts.append(f'<path d="M{at:.1f} {y - 9:.1f} V{y + 9:.1f}" stroke="{EDGE}" stroke-width="3"/>')
        parts.append(_diamond(self.x(row.ours), y, row.inside))
        note = " outside" if row.inside is False else ""
        weight = ' font-weight="bold"' if note else ""
        parts.append(f'<text x="{NUMBERS_X}" y="{y + 5:.1f}"{weight}>{row.shown.format(row.ours)}{note}</text>')
        return parts


def _diamond(x: float, y: float, inside: bool | None) -> str:
    """Full within the band, hollow outside, grey where there is none."""
    fill, edge = {True: (OURS, OURS), False: ("#ffffff", OURS), None: (SOFT, SOFT)}[inside]
    return f'<path d="M{x:.1f} {y - 8:.1f} l8 8 l-8 8 l-8 -8 Z" fill="{fill}" stroke="{edge}" stroke-width="2.5"/>'


def _legend(y: float) -> list[str]:
    parts = [
        f'<rect x="{LABEL_X}" y="{y - 8}" width="26" height="14" fill="{BAND}" stroke="{EDGE}"/>',
        f'<path d="M{LABEL_X + 13} {y - 8} v14" stroke="{EDGE}" stroke-width="3"/>',
        f'<text x="{LABEL_X + 34}" y="{y + 4}" font-size="13" fill="{SOFT}">range stated beforehand, its middle</text>',
    ]
    for x, inside, words in ((300, True, "simulated, inside"), (454, False, "outside"), (548, None, "no range known")):
        parts.append(_diamond(x, y - 1, inside))
        parts.append(f'<text x="{x + 16}" y="{y + 4}" font-size="13" fill="{SOFT}">{words}</text>')
    return parts


def cannula() -> list[Figure]:
    """Rung 45: the cannula's share, and the peak pressure."""

    def share(label: str, ours: float) -> Row:
        return Row(
            label=label, ours=100 * ours, low=90, high=100, middle=95, open_above=True, shown="{:.1f}",
            source="BaroudSteffen2005",
        )  # fmt: skip

    names = {3e-9: "tight bone", 1e-8: "usual bone", 5e-8: "loose bone"}
    rows = [
        share(f"{number}G, even cement, {names[k]}", value)
        for number in (11, 13)
        for k, value in experiments.newtonian_shares(number).items()
    ]
    rows += [
        share(f"{number}G, as simulated, {names[k]}", experiments.simulated_push(number, 4.0, k).share)
        for number in (11, 13)
        for k in experiments.PERMEABILITIES
    ]
    peaks = [
        Row(
            label=f"{number}G, {rate:g} ml/min", ours=experiments.simulated_push(number, rate).peak_mpa, low=0.5,
            high=3.2, middle=1.7, source="Krebs2005",
        )
        for number in (11, 13)
        for rate in (4.0, 8.0)
    ]  # fmt: skip
    return [
        Figure(
            name="cannula-share", title="How much of the pressure the cannula takes", ticks=(60, 70, 80, 90, 100),
            axis="share of the pressure at the syringe, %", rows=rows,
        ),
        Figure(
            name="peak-pressure", title="Highest pressure at the syringe, 3 ml from 5.5 min", ticks=(0, 1, 2, 3, 4),
            axis="MPa", rows=peaks,
        ),
    ]  # fmt: skip


def leak_mass() -> list[Figure]:
    """Rung 46: the mass that leaks from a foam."""
    published = (4.0, None, 2.6, 1.5, 0.92)
    spread = (1.2, None, 1.2, 1.2, 0.6)
    found = [experiments.leaked_g(cement, start) for cement, start in experiments.GROUPS]
    rows = []
    for (cement, start), mean, sd, ours in zip(experiments.GROUPS, published, spread, found, strict=True):
        known: dict[str, Any] = {}
        if mean is not None and sd is not None:
            known = {"low": (mean - sd) / 4.0, "high": (mean + sd) / 4.0, "middle": mean / 4.0}
        rows.append(
            Row(
                label=f"{cement.removeprefix('pmma-')} viscosity, from {start:g} min" + (" = 1" if not rows else ""),
                ours=ours / found[0],
                shown="{:.2f}", source="Habib2010", **known,
            )
        )  # fmt: skip
    ratio = Row(
        label="low from 3.5 over high from 6.5 min", ours=found[0] / found[-1], low=2.0, high=8.0, middle=4.3,
        source="Habib2010",
    )  # fmt: skip
    even = [experiments.leaked_of_viscosity(v) for v in (0.1, 1.0, 10.0, 100.0)]
    curve = [
        Row(label=f"even cement of {v:g} Pa·s", ours=leak / even[0], shown="{:.2f}", source="")
        for v, leak in zip((0.1, 1.0, 10.0, 100.0), even, strict=True)
    ]
    return [
        Figure(
            name="leak-mass", title="Leak from a foam with a bore beside the tip", ticks=(0, 0.5, 1, 1.5, 2),
            axis="mass leaked, relative to low viscosity from 3.5 min", rows=rows,
        ),
        Figure(
            name="leak-ratio", title="How much less high viscosity leaks", ticks=(0.5, 1, 2, 4, 8), logarithmic=True,
            axis="ratio of masses", rows=[ratio],
        ),
        Figure(
            name="leak-viscosity", title="The same foam: what viscosity alone does (marrow 0.1 Pa·s)",
            ticks=(0, 0.25, 0.5, 0.75, 1), axis="volume leaked, relative to cement as thin as marrow", rows=curve,
        ),
    ]  # fmt: skip


def risk_factors() -> list[Figure]:
    """Rung 47: random specimens."""

    def arm(**options: Any) -> list[experiments.Leaked]:
        return [experiments.specimen(seed, **options) for seed in range(SPECIMENS)]

    def count(leaked: Sequence[experiments.Leaked], what: str) -> int:
        return sum(getattr(each, what) for each in leaked)

    low, high = arm(), arm(product_key="pmma-high")
    breached, cleft = arm(breach=True), arm(breach=True, cleft=True)
    counts = {
        name: tuple(count(leaked, what) for what in ("any", "venous", "cortical"))
        for name, leaked in (("low", low), ("high", high), ("breach", breached), ("breach and cleft", cleft))
    }
    print(f"of {SPECIMENS} specimens: any leak, venous, cortical", counts)
    odds = experiments.odds_ratio([e.any for e in breached], [e.any for e in low])
    rows = [
        Row(
            label="high over low viscosity, any leak", ours=count(high, "any") / count(low, "any"), low=0.25, high=0.8,
            middle=0.38, source="HVCmeta2018, JoVE2026",
        ),
        Row(
            label="breach, any leak (odds ratio)", ours=odds, low=1.84, high=16.81, middle=5.56, source="Zhan2017",
        ),
        Row(
            label="breach, cortical leak (odds ratio)",
            ours=experiments.odds_ratio([e.cortical for e in breached], [e.cortical for e in low]),
        ),
        Row(
            label="cleft, cortical leaks", ours=count(cleft, "cortical") / max(1, count(breached, "cortical")), low=1.0,
            high=4.0, middle=2.1, open_above=True, source="IVC2021",
        ),
        Row(
            label="cleft, venous leaks", ours=count(cleft, "venous") / count(breached, "venous"), low=0.1, high=1.0,
            middle=0.56, open_below=True, source="IVC2021",
        ),
    ]  # fmt: skip
    return [
        Figure(
            name="risk-factors", title=f"What makes a leak likelier, {SPECIMENS} random bodies",
            ticks=(0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32), logarithmic=True, axis="ratio of shares or of odds", rows=rows,
        )
    ]  # fmt: skip


def spread() -> list[Figure]:
    """Rung 48: spread along the axes."""
    rows = [
        Row(
            label=f"cement of {viscosity:g} Pa·s", ours=experiments.spread_ap_over_si(viscosity), low=0.8, high=1.0,
            middle=float(np.sqrt(0.78)), shown="{:.2f}", source="Baroud2004",
        )
        for viscosity in (1.0, 100.0)
    ]  # fmt: skip
    return [
        Figure(
            name="spread", title="Spread along AP over spread along the spine", ticks=(0.7, 0.8, 0.9, 1.0, 1.1),
            axis="ratio", rows=rows,
        )
    ]  # fmt: skip


def temperature() -> list[Figure]:
    """Rung 51: heat about 4 ml."""
    bone, cleft = experiments.bolus(0.85), experiments.bolus(1.0)
    peaks = [
        Row(
            label="4 ml in a trabecular bed", ours=bone.peak_cement_c, low=44.8, high=86.7, shown="{:.0f}",
            source="Anselmetti2009",
        ),
        Row(
            label="4 ml in a cleft", ours=cleft.peak_cement_c, low=49.0, high=112.0, shown="{:.0f}",
            source="Belkoff2003",
        ),
    ]  # fmt: skip
    depths = [
        Row(label=f"4 ml {where}", ours=of.depth_above_50_c_mm, low=0.0, high=3.0, shown="{:.1f}", source="choice")
        for where, of in (("in a trabecular bed", bone), ("in a cleft", cleft))
    ]
    return [
        Figure(
            name="temperature", title="Hottest cement", ticks=(20, 40, 60, 80, 100, 120), axis="°C", rows=peaks,
        ),
        Figure(
            name="heated-layer", title="Bone that ever reaches 50 °C", ticks=(0, 1, 2, 3, 4),
            axis="mm from the cement", rows=depths,
        ),
    ]  # fmt: skip


def visible(folder: Path) -> list[Figure]:
    """Rung 52: what one frame shows."""
    full, thin = experiments.visible_ml(real_spine(folder), (0.30, 0.10))
    names = {
        "epidural": "canal", "foramen-left": "left foramen", "segmental-vein": "segmental vein",
        "disc-above": "disc above", "paravertebral": "beside the body",
    }  # fmt: skip
    rows = [
        Row(
            label=f"{words}, 30 % barium", ours=full[site], low=0.001, high=0.1, open_below=True, shown="{:.2g}",
            source="Rose-secondary",
        )
        for site, words in names.items()
    ]  # fmt: skip
    rows += [Row(label=f"{words}, 10 % barium", ours=thin[site]) for site, words in names.items()]
    return [
        Figure(
            name="visible", title="Smallest ball of cement that one frame of a real L3 shows", logarithmic=True,
            ticks=(0.001, 0.01, 0.1, 1, 10), axis="ml, in the better of AP and lateral", rows=rows,
        )
    ]  # fmt: skip


def table(figures: Sequence[Figure]) -> str:
    """Every row as a line of the page's table."""
    lines = ["| What | Stated beforehand | Simulated | | Source |", "|---|---|---|---|---|"]
    for figure in figures:
        lines.append(f"| **{figure.title}** ({figure.axis}) | | | | |")
        lines += [
            f"| {row.label} | {row.band} | {row.shown.format(row.ours)} | {row.verdict} | {row.source} |"
            for row in figure.rows
        ]
    return "\n".join(lines)


def main(folder: str) -> None:
    makers: Sequence[Callable[[], list[Figure]]] = (
        cannula, leak_mass, risk_factors, spread, temperature, lambda: visible(Path(folder)),
    )  # fmt: skip
    figures = [figure for make in makers for figure in make()]
    FIGURES.mkdir(exist_ok=True)
    for figure in figures:
        (FIGURES / f"{figure.name}.svg").write_text(figure.svg() + "\n", encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table(figures)}\n{END}{after}", encoding="utf-8")
    print(table(figures))


if __name__ == "__main__":
    main(sys.argv[1])
