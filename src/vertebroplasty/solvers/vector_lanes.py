"""Copy and add a few neighbouring numbers at once: the two moves that the compiler does not find by itself.

Rows of voxels are short, and the compiler's own vector loops handle only long ones.  These say explicitly: take sixteen
numbers, of which the first `lanes` count.  Each is exactly the plain loop in its documentation.
"""

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["LANES", "add_lanes", "copy_lanes"]

_declared: Any = cgutils.get_or_insert_function
LANES = 16  # [choice] numbers moved at once: one register of float32 where registers are widest


def _copy_lanes(typing: Any, target: Any, at: Any, source: Any, start: Any, lanes: Any) -> Any:
    """Write target[at + n] = source[start + n] if n < lanes else 0, for n in range(LANES)."""
    if not (isinstance(target, types.Array) and target.dtype == source.dtype):
        return None

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        move = _Move(context, builder, signature.args[0].dtype, arguments[4])
        value = move.load(signature.args[2], arguments[2], arguments[3])
        pointer = move.pointer(signature.args[0], arguments[0], arguments[1])
        builder.store(value, pointer, align=move.align)
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64, types.int64), build


def _add_lanes(typing: Any, target: Any, at: Any, source: Any, first: Any, second: Any, lanes: Any) -> Any:
    """Do target[at + n] += source[first + n] + source[second + n], for n in range(min(lanes, LANES))."""
    if not (isinstance(target, types.Array) and target.dtype == source.dtype):
        return None

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        move = _Move(context, builder, signature.args[0].dtype, arguments[5])
        addends = [move.load(signature.args[2], arguments[2], place) for place in (arguments[3], arguments[4])]
        total = builder.fadd(move.load(signature.args[0], arguments[0], arguments[1]), builder.fadd(*addends))
        move.store(total, signature.args[0], arguments[0], arguments[1])
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64, types.int64, types.int64), build


copy_lanes: Any = intrinsic(_copy_lanes)
add_lanes: Any = intrinsic(_add_lanes)


class _Move:
    """Vector loads and stores of the first few lanes at places of one-dimensional arrays."""

    def __init__(self, context: Any, builder: Any, dtype: Any, lanes: Any) -> None:
        self.context, self.builder = context, builder
        element = context.get_value_type(dtype)
        self.vector = ir.VectorType(element, LANES)
        self.align, self.suffix = dtype.bitwidth // 8, f"v{LANES}f{dtype.bitwidth}.p0"
        number, bits = ir.IntType(64), ir.VectorType(ir.IntType(64), LANES)
        single = builder.insert_element(ir.Constant(bits, ir.Undefined), lanes, ir.Constant(ir.IntType(32), 0))
        spread = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        every = builder.shuffle_vector(single, ir.Constant(bits, ir.Undefined), spread)
        self.mask = builder.icmp_signed("<", ir.Constant(bits, [number(n) for n in range(LANES)]), every)

    def pointer(self, array_type: Any, array: Any, place: Any) -> Any:
        data = self.context.make_array(array_type)(self.context, self.builder, array).data
        return self.builder.bitcast(self.builder.gep(data, [place]), self.vector.as_pointer())

    def load(self, array_type: Any, array: Any, place: Any) -> Any:
        """The first lanes, zero in the others."""
        pointer = self.pointer(array_type, array, place)
        kind = ir.FunctionType(self.vector, [pointer.type, ir.IntType(32), self.mask.type, self.vector])
        load = _declared(self.builder.module, kind, f"llvm.masked.load.{self.suffix}")
        return self.builder.call(load, [pointer, ir.IntType(32)(self.align), self.mask, ir.Constant(self.vector, None)])

    def store(self, value: Any, array_type: Any, array: Any, place: Any) -> None:
        """Write the first lanes and leave the others."""
        pointer = self.pointer(array_type, array, place)
        kind = ir.FunctionType(ir.VoidType(), [self.vector, pointer.type, ir.IntType(32), self.mask.type])
        store = _declared(self.builder.module, kind, f"llvm.masked.store.{self.suffix}")
        self.builder.call(store, [value, pointer, ir.IntType(32)(self.align), self.mask])
