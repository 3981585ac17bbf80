"""Sixteen numbers worked on at once: vector instructions for the projector's compiled loops.

The compiler does not vectorise a loop that looks values up in a volume while it writes sums, so these loops say it
themselves.  `Lanes` wraps a vector of the compiler's intermediate language; only the projector's kernels use it, and
a plain twin in the tests computes the same sums ray by ray.

Compiled kernels are cached by their own file: after a change here, delete `__pycache__` beside it.
"""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.extending import intrinsic
from numba.np import arrayobj

__all__ = ["LANES", "Lanes", "RayTable", "StoredCells", "compiled_step", "look_up", "look_up_pairs", "start_of"]

LANES = 16  # [choice] a cache line of single precision; machines with shorter vectors take several steps
CONTRACT = ("contract",)
INDEX = ir.IntType(32)


def compiled_step(function: Any) -> Any:
    """A function that kernels may call and that writes its own instructions."""
    return intrinsic(function)


def start_of(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    """The address of an array's first number."""
    make_array: Any = arrayobj.make_array
    return make_array(kind)(context, builder, array).data


class Lanes:
    """A vector of sixteen numbers or cell indices, with the arithmetic that the kernels need."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    @property
    def _is_index(self) -> bool:
        return isinstance(self.value.type.element, ir.IntType)

    def constant(self, number: float) -> "Lanes":
        """The same number in every lane, of this vector's kind."""
        return Lanes(self.builder, ir.Constant(self.value.type, [number] * LANES))

    @classmethod
    def all_of(cls, builder: Any, scalar: Any) -> "Lanes":
        """A scalar known only at run time in every lane."""
        kind = ir.VectorType(scalar.type, LANES)
        nothing = ir.Constant(kind, ir.Undefined)
        first = builder.insert_element(nothing, scalar, ir.Constant(INDEX, 0))
        return cls(builder, builder.shuffle_vector(first, nothing, _positions([0] * LANES)))

    def _with(self, other: "Lanes", on_index: str, on_number: str) -> "Lanes":
        if self._is_index:
            return Lanes(self.builder, getattr(self.builder, on_index)(self.value, other.value))
        # Contraction: a product and its sum may be rounded once.
        return Lanes(self.builder, getattr(self.builder, on_number)(self.value, other.value, flags=CONTRACT))

    def __add__(self, other: "Lanes") -> "Lanes":
        return self._with(other, "add", "fadd")

    def __sub__(self, other: "Lanes") -> "Lanes":
        return self._with(other, "sub", "fsub")

    def __mul__(self, other: "Lanes") -> "Lanes":
        return self._with(other, "mul", "fmul")

    def is_below(self, other: "Lanes") -> Any:
        """A mask of the lanes that are less than the other's."""
        compare = self.builder.icmp_signed if self._is_index else self.builder.fcmp_ordered
        return compare("<", self.value, other.value)

    def where(self, mask: Any, other: "Lanes") -> "Lanes":
        """This where the mask holds, the other elsewhere."""
        return Lanes(self.builder, self.builder.select(mask, self.value, other.value))

    def at_most(self, other: "Lanes") -> "Lanes":
        """The lesser of both."""
        return self.where(self.is_below(other), other)

    def at_least(self, other: "Lanes") -> "Lanes":
        """The greater of both."""
        return self.where(other.is_below(self), other)

    def size(self) -> "Lanes":
        """The absolute value."""
        return self.at_least(self.constant(0.0) - self)

    def to_index(self) -> "Lanes":
        """Rounded towards zero."""
        return Lanes(self.builder, self.builder.fptosi(self.value, ir.VectorType(INDEX, LANES)))

    def to_number(self, like: "Lanes") -> "Lanes":
        """A cell index as a floating-point number."""
        return Lanes(self.builder, self.builder.sitofp(self.value, like.value.type))


class RayTable:
    """What a tile's rays carry: a row per property, sixteen neighbouring rays at a time."""

    def __init__(self, context: Any, builder: Any, kind: Any, array: Any, group: Any) -> None:
        make_array: Any = arrayobj.make_array
        rows = make_array(kind)(context, builder, array)
        self.builder, self.data, self.rays = builder, rows.data, builder.extract_value(rows.shape, 1)
        self.first = builder.mul(group, ir.Constant(group.type, LANES))

    def _start(self, row: int) -> Any:
        start = self.builder.add(self.builder.mul(self.rays, ir.Constant(self.rays.type, row)), self.first)
        return self.builder.gep(self.data, [start])

    def _place(self, row: int) -> Any:
        return self.builder.bitcast(self._start(row), ir.VectorType(self.data.type.pointee, LANES).as_pointer())

    def cells(self, row: int) -> "StoredCells":
        """Cell indices that were stored before, to be looked up."""
        return StoredCells(self.builder, self._start(row))

    def __getitem__(self, row: int) -> Lanes:
        loaded = self.builder.load(self._place(row))
        loaded.align = _bytes(self.data)
        return Lanes(self.builder, loaded)

    def __setitem__(self, row: int, lanes: Lanes) -> None:
        self.builder.store(lanes.value, self._place(row)).align = _bytes(self.data)


class StoredCells:
    """Cell indices in memory, from where one load brings each to its address: quicker than out of a vector."""

    def __init__(self, builder: Any, start: Any) -> None:
        self.builder, self.start = builder, start

    def lane(self, lane: int) -> Any:
        """One lane's index, wide enough for an address."""
        stored = self.builder.load(self.builder.gep(self.start, [ir.Constant(INDEX, lane)]))
        return self.builder.sext(stored, ir.IntType(64))


def look_up(data: Any, cells: StoredCells) -> Lanes:
    """The volume's values in sixteen cells.  Loads one by one: quicker than gathering on many processors."""
    builder = cells.builder
    found = ir.Constant(ir.VectorType(data.type.pointee, LANES), ir.Undefined)
    for lane in range(LANES):
        value = builder.load(builder.gep(data, [cells.lane(lane)]))
        found = builder.insert_element(found, value, ir.Constant(INDEX, lane))
    return Lanes(builder, found)


def look_up_pairs(data: Any, cells: StoredCells) -> tuple[Lanes, Lanes]:
    """The values in sixteen cells, and in the cells that follow them in memory: half as many loads."""
    builder = cells.builder
    pair = ir.VectorType(data.type.pointee, 2)
    parts = []
    for lane in range(LANES):
        part = builder.load(builder.bitcast(builder.gep(data, [cells.lane(lane)]), pair.as_pointer()))
        part.align = _bytes(data)
        parts.append(part)
    while len(parts) > 1:
        joined = _positions(range(2 * parts[0].type.count))
        parts = [builder.shuffle_vector(a, b, joined) for a, b in zip(parts[::2], parts[1::2], strict=True)]
    nothing = ir.Constant(parts[0].type, ir.Undefined)
    here, after = (builder.shuffle_vector(parts[0], nothing, _positions(range(odd, 2 * LANES, 2))) for odd in (0, 1))
    return Lanes(builder, here), Lanes(builder, after)


def _positions(order: Sequence[int]) -> Any:
    return ir.Constant(ir.VectorType(INDEX, len(order)), list(order))


def _bytes(data: Any) -> int:
    """Size of one number: what its address is aligned to."""
    return 8 if isinstance(data.type.pointee, ir.DoubleType) else 4
