"""Cement displaces marrow: the pressure solution and the front of one injection, step by step.

Solved is the bone around the cement, so far that the sinusoids have drained the marrow pushed ahead; of the tissue
outside, the surroundings of the ways out and of cement that has already left.  Beyond lies the veins' pressure, to
which all pressures are relative, or the disc's.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float64, Int8, Int64
from scipy import ndimage

from vertebroplasty.cement.batches import Batch
from vertebroplasty.cement.box import Box, box_of, grown, shifted, within
from vertebroplasty.cement.front import Fluxes, Leaks, Voxels, advance_cells
from vertebroplasty.cement.leak import CODE_INSIDE, SITES, LeakSite, Links, next_to
from vertebroplasty.cement.mixture import mixture, speeds
from vertebroplasty.cement.permeability import MM_PER_M, PorousBed
from vertebroplasty.cement.rheology import PowerLaw
from vertebroplasty.errors import Refused
from vertebroplasty.solvers.conjugate_gradient import NotConverged
from vertebroplasty.solvers.pressure import Faces, face_conductances, solve_pressure

__all__ = ["Advance", "Flow", "MarrowFlow", "begin"]

OUTSIDE_LAYERS = 4  # [choice] voxels of tissue solved around a way out or around leaked cement
DRAINED_LENGTHS = 1.5  # [choice] drain lengths from the cement to where the marrow is at the veins' pressure
AHEAD_LAYERS = 4  # [choice] voxels ahead of the front that one portion may fill
PA_TOLERANCE = 1e-6  # [choice] relative residual of the pressure; volumes are exact whatever it is
MASS_TOLERANCE = 1e-6  # [choice] of the volume pushed in; what is found in the voxels may differ by this
MM3_PER_ML = 1000.0  # [exact] mm³ in a millilitre
CANAL_CODES = (SITES.index(LeakSite.EPIDURAL), SITES.index(LeakSite.BASIVERTEBRAL_VEIN))
DISC_CODES = (SITES.index(LeakSite.DISC_ABOVE), SITES.index(LeakSite.DISC_BELOW))
M3_PER_ML = 1e-6  # [exact] m³ in a millilitre

Field = Float64[np.ndarray, "k j i"]
Mask = Bool[np.ndarray, "k j i"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Flow:
    """One pressure solution on a box of the grid, for a flow of 1 m³/s scaled to the one asked."""

    box: Box
    active: Mask
    pressure_pa: Field
    flux_i: Field
    flux_j: Field
    flux_k: Field
    rate_m3_per_s: float
    tip_pa: float  # at that rate
    iterations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """How long the front moved and why it stopped (see `front`)."""

    duration_s: float
    ended: int
    mass_error: float = 0.0  # of all volume pushed so far: what the voxels gained beside it


@dataclass(eq=False, kw_only=True)
class MarrowFlow:
    """The state of the bed while cement enters; volumes in ml on the whole grid."""

    bed: PorousBed
    links: Links
    reached: Mask  # bone connected with the tip
    source: Field  # share of the flow that enters each voxel, summing to one
    near_wall: Mask
    vein: Mask
    site: Int8[np.ndarray, "k j i"]
    capacity: Field
    content: Field
    full: Mask
    half_time: Field
    pressure: Field
    speed: Field
    site_volume: Float64[np.ndarray, "s"] = field(default_factory=lambda: np.zeros(len(SITES)))
    first_time: Float64[np.ndarray, "s"] = field(default_factory=lambda: np.full(len(SITES), np.inf))
    tolerance: float = PA_TOLERANCE
    pushed_ml: float = 0.0
    astray_ml: float = 0.0  # gained by the voxels beside what was pushed
    later: list[Batch] = field(default_factory=list)  # cement mixed anew, if any was
    _held: Box = field(init=False)  # around the cement and the tip

    @property
    def total_ml(self) -> float:
        """Cement found in all voxels."""
        return float(self.content.sum())

    @property
    def in_bone_ml(self) -> float:
        """Cement inside the bone, its veins included."""
        return float(self.content[self.site == CODE_INSIDE].sum())

    def site_ml(self, site: LeakSite) -> float:
        """Cement at one leak site."""
        return float(self.content[self.site == SITES.index(site)].sum())

    def wall_reached(self) -> bool:
        """Whether a voxel beside the inner posterior wall is half full."""
        return bool(np.isfinite(self.half_time[self._held][self.near_wall[self._held]]).any())

    def partly_filled(self) -> tuple[Int64[np.ndarray, "n"], Float64[np.ndarray, "n"]]:
        """Flat indices and content of voxels that hold cement but are not full."""
        box = self._held
        found = np.argwhere((self.content[box] > 0) & ~self.full[box]) + [s.start for s in box]
        cells = np.ravel_multi_index(tuple(found.T), self.content.shape)
        return cells, self.content.reshape(-1)[cells]

    def solve(self, rate_ml_per_s: float, law: PowerLaw) -> Flow:
        """Pressure and fluxes at a rate, with the cement's viscosity where it flowed before.

        Raises:
            Refused: nothing can leave the region that the cement is pushed into.
        """
        rate = rate_ml_per_s * M3_PER_ML
        active, box = self._region()
        inner = active[box]
        share = np.minimum(self.content[box] / np.where(self.capacity[box] > 0, self.capacity[box], 1.0), 1.0)
        conducting = self.reached[box] | self.bed.outside[box]
        mobility = self._mobility(share, conducting, box, law)
        faces = self._faces(mobility, inner, conducting, box)
        sink = np.where(inner, (1.0 - share) * self.bed.drain_per_pa_s[box] * self._spacing_m**3, 0.0)
        # from scratch each time: the box moves with the front, and keeping the set-up saved 1 % of an injection
        solution = solve_pressure(
            faces,
            self.source[box] * rate + self._from_discs(sink, mobility, inner, box),
            sink=sink,
            start_pa=np.where(inner, self.pressure[box], 0.0),
            relative_tolerance=self.tolerance,
        )
        self.pressure[box] = solution.pressure_pa
        return Flow(
            box=box,
            active=inner,
            pressure_pa=solution.pressure_pa,
            flux_i=solution.flux_i,
            flux_j=solution.flux_j,
            flux_k=solution.flux_k,
            rate_m3_per_s=rate,
            tip_pa=float((self.source[box] * solution.pressure_pa).sum()),
            iterations=solution.iterations,
        )

    def advance(
        self,
        flow: Flow,
        rate_ml_per_s: float,
        *,
        start_s: float,
        duration_s: float,
        threshold_ml: Float64[np.ndarray, "s"],
    ) -> Advance:
        """Push at a rate for a while, or until something watched happens (`threshold_ml` by site).

        Raises:
            NotConverged: the voxels gained another volume than was pushed in.
        """
        near = within(grown(self._held, AHEAD_LAYERS + 1, self.content.shape), flow.box)
        box = shifted(near, flow.box)
        shape = self.content[box].shape
        cut = {name: np.ascontiguousarray(getattr(self, name)[box]).reshape(-1) for name in ("source", *Voxels._fields)}
        before_ml = cut["content"].sum()
        held_before = (cut["content"].copy(), cut["full"].copy())
        fluxes = self._fluxes(flow, near, (cut["content"] > 0) | (cut["source"] > 0))
        voxels = Voxels(**{name: cut[name] for name in Voxels._fields})
        leaks = Leaks(self.site_volume, self.first_time, threshold_ml, *CANAL_CODES)
        source = cut["source"] * rate_ml_per_s
        duration, ended = advance_cells(
            fluxes, voxels, leaks, source, np.flatnonzero(source), float(start_s), float(duration_s)
        )
        for batch in self.later:
            held = (held_before[0], cut["content"], held_before[1])
            batch.carried(box, fluxes, held, cut["source"], rate_ml_per_s * duration)
        for name in ("content", "full", "site", "half_time"):
            getattr(self, name)[box] = cut[name].reshape(shape)
        self._held = shifted(box_of(((cut["content"] > 0) | (cut["source"] > 0)).reshape(shape)), box)
        self.prime(flow, rate_ml_per_s)
        mass_error = self._balance(float(cut["content"].sum() - before_ml), rate_ml_per_s * duration)
        return Advance(duration_s=duration, ended=ended, mass_error=mass_error)

    def prime(self, flow: Flow, rate_ml_per_s: float) -> None:
        """Remember the speeds of a solution at a rate: the next one's cement thins by them."""
        scale = rate_ml_per_s * M3_PER_ML / flow.rate_m3_per_s
        speed = np.zeros(flow.active.shape)
        speeds(flow.flux_i, flow.flux_j, flow.flux_k, scale / self._spacing_m**2, speed)
        self.speed[flow.box] = speed

    @property
    def _spacing_m(self) -> float:
        return self.bed.spacing_mm / MM_PER_M

    def _faces(self, mobility: Field, active: Mask, fixed: Mask, box: Box) -> Faces:
        """Conductances of the open faces of a box; `fixed` voxels that are not active hold their pressure."""
        return face_conductances(
            mobility,
            active,
            spacing_m=self._spacing_m,
            axis_factors=self.bed.axis_factors,
            fixed=fixed,
            open_faces=(self.links.i[box], self.links.j[box], self.links.k[box]),
        )

    def _from_discs(self, sink: Field, mobility: Field, active: Mask, box: Box) -> Field | float:
        """What the discs' pressure adds to every voxel's inflow, in m³/s: conductance to a disc times its pressure."""
        pressure = self.bed.parameters.disc_pa
        if pressure == 0.0:
            return 0.0
        disc = np.isin(self.site[box], DISC_CODES) & self.bed.outside[box]
        return pressure * (np.where(disc, sink, 0.0) + self._faces(mobility, active, disc, box).wall)

    def _mobility(self, share: Field, conducting: Mask, box: Box, law: PowerLaw) -> Field:
        """Mobility of what fills each voxel of the box, in m²/(Pa·s); cements of several mixes one behind the other."""
        mobility = self._mobility_of(share, conducting, box, law)
        if not self.later:
            return mobility
        content = np.where(self.content[box] > 0, self.content[box], 1.0)
        resistance, rest = np.zeros(share.shape), np.ones(share.shape)
        for batch in self.later:
            part = np.minimum(batch.content[box] / content, rest)
            own = self._mobility_of(share, conducting, box, batch.law)
            resistance += np.divide(part, own, out=np.zeros(share.shape), where=conducting)
            rest -= part
        resistance += np.divide(rest, mobility, out=np.zeros(share.shape), where=conducting)
        return np.divide(1.0, resistance, out=np.zeros(share.shape), where=conducting)

    def _mobility_of(self, share: Field, conducting: Mask, box: Box, law: PowerLaw) -> Field:
        """The same for cement of one viscosity."""
        mobility = np.zeros(share.shape)
        fields = (share, self.bed.permeability_m2[box], self.bed.porosity[box], self.speed[box], conducting)
        shares, permeability, porosity, speed, active = (np.ascontiguousarray(f).reshape(-1) for f in fields)
        marrow = self.bed.parameters.marrow_pa_s
        mixture(
            shares, permeability, porosity, speed, active, law.consistency_pa_s, law.index, marrow,
            mobility.reshape(-1), law.yield_pa,
        )  # fmt: skip
        return mobility

    def _balance(self, gained_ml: float, pushed_ml: float) -> float:
        """Add one advance to the account; returns the error so far, relative to all that was pushed."""
        self.pushed_ml += pushed_ml
        self.astray_ml += gained_ml - pushed_ml
        error = abs(self.astray_ml) / self.pushed_ml if self.pushed_ml else 0.0
        if error > MASS_TOLERANCE:
            raise NotConverged(f"The voxels gained {self.astray_ml:.2e} ml beside the cement pushed in: report this.")
        return error

    @staticmethod
    def _fluxes(flow: Flow, near: Box, held: Bool[np.ndarray, "n"]) -> Fluxes:
        """Frozen fluxes of a box within the flow's, with its voxels about the cement (`held`) by falling pressure."""
        active = flow.active[near]
        shape = active.shape
        ahead = ndimage.binary_dilation(held.reshape(shape), iterations=AHEAD_LAYERS) & active
        order = np.flatnonzero(ahead)
        order = order[np.argsort(-flow.pressure_pa[near].reshape(-1)[order], kind="stable")]
        place = np.full(active.size, -1, np.int64)
        place[order] = np.arange(order.size)
        i, j, k = (np.ascontiguousarray(f[near]).reshape(-1) for f in (flow.flux_i, flow.flux_j, flow.flux_k))
        return Fluxes(i=i, j=j, k=k, row=shape[2], layer=shape[1] * shape[2], order=order, place=place)

    def _region(self) -> tuple[Mask, Box]:
        """Voxels to solve, and their box with one voxel around (the grid's outermost layer never conducts)."""
        far = DRAINED_LENGTHS * self.bed.parameters.drain_length_mm / self.bed.spacing_mm
        shape = self.content.shape
        reach = grown(self._held, round(min(far, max(shape))), shape)
        active = np.zeros(shape, bool)
        active[reach] = self.reached[reach]
        mouths = self._mouths[reach] | (self.bed.outside[reach] & (self.content[reach] > 0))
        if mouths.any():
            found = shifted(box_of(mouths), reach)
            around = grown(found, OUTSIDE_LAYERS, shape)
            seeds = np.zeros(active[around].shape, bool)
            seeds[within(reach, around)] = mouths[within(around, reach)]
            active[around] |= ndimage.binary_dilation(seeds, iterations=OUTSIDE_LAYERS, mask=self.bed.outside[around])
        return active, grown(box_of(active), 1, shape)

    def __post_init__(self) -> None:
        self._mouths = next_to(self.reached, self.links) & self.bed.outside
        self._held = box_of((self.source > 0) | (self.content > 0))


def begin(
    bed: PorousBed,
    open_links: Links,
    source: Field,
    *,
    site: Int8[np.ndarray, "k j i"],
    near_wall: Mask,
    vein: Mask,
    tolerance: float = PA_TOLERANCE,
) -> MarrowFlow:
    """The bed before the first drop; `source` is the share of the flow that enters each voxel.

    Raises:
        Refused: the source lies in no conducting bone.
    """
    regions, _ = ndimage.label(bed.inside)
    fed = np.unique(regions[(source > 0) & bed.inside])
    if fed.size == 0:
        raise Refused("The needle's tip does not lie in cancellous bone: choose another tip.", where="--tip")
    shape = source.shape
    return MarrowFlow(
        bed=bed,
        links=open_links,
        reached=np.isin(regions, fed),
        source=source / source.sum(),
        near_wall=near_wall,
        vein=vein,
        site=site.copy(),
        capacity=bed.porosity * bed.spacing_mm**3 / MM3_PER_ML,
        content=np.zeros(shape),
        full=np.zeros(shape, bool),
        half_time=np.full(shape, np.inf),
        pressure=np.zeros(shape),
        speed=np.zeros(shape),
        tolerance=tolerance,
    )
