"""Arithmetic on lanes: one value type of W doubles, with elementary functions of its own.

Every operation is the same in each lane, fused multiply-adds are explicit and the compiler may not
reorder anything. So a lane's numbers are the same for every width, neighbour and thread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from llvmlite import ir

DOUBLE, WHOLE, BIT = ir.DoubleType(), ir.IntType(64), ir.IntType(1)
MAGIC = 6755399441055744.0
"""1.5 * 2**52: adding it rounds to a whole number, which then stands in the lowest bits."""
LARGEST, LEAST = 709.0, -708.0
"""Arguments of exp beyond which the result is infinite, or as good as 0."""
LN2_HIGH, LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
"""ln 2 in two parts; the first has few enough bits to be multiplied exactly (cody1980)."""
HALF_ROOT = 0x3FE6A09E667F3BCD
"""Bits of the square root of 1/2."""
LOG_SERIES = tuple(2.0 / k for k in range(3, 23, 2))
EXP_SERIES = tuple(1.0 / math.factorial(k) for k in range(14))


class Lanes:
    """Writes operations on ``width`` lanes.

    Parameters
    ----------
    builder : where the instructions go
    width : lanes; 1 is a plain double
    """

    def __init__(self, builder: ir.IRBuilder, width: int) -> None:
        self.builder, self.width = builder, width
        self.type = DOUBLE if width == 1 else ir.VectorType(DOUBLE, width)
        self.bits = WHOLE if width == 1 else ir.VectorType(WHOLE, width)

    def _spread(self, kind: ir.Type, value: float) -> ir.Constant:
        return ir.Constant(kind, value if self.width == 1 else [value] * self.width)

    def number(self, x: float) -> ir.Constant:
        """Return a constant in every lane."""
        return self._spread(self.type, x)

    def splat(self, x: ir.Value) -> ir.Value:
        """Return one double in every lane."""
        if self.width == 1:
            return x
        index = ir.IntType(32)
        empty = ir.Constant(self.type, ir.Undefined)
        first = self.builder.insert_element(empty, x, ir.Constant(index, 0))
        return self.builder.shuffle_vector(
            first, empty, ir.Constant(ir.VectorType(index, self.width), [0] * self.width)
        )

    def _intrinsic(self, name: str, *operands: ir.Value) -> ir.Value:
        suffix = "f64" if self.width == 1 else f"v{self.width}f64"
        module, full = self.builder.module, f"llvm.{name}.{suffix}"
        function = module.globals.get(full)
        if function is None:
            function = ir.Function(
                module, ir.FunctionType(self.type, [self.type] * len(operands)), full
            )
        return self.builder.call(function, operands)

    def add(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return ``a + b``."""
        return self.builder.fadd(a, b)

    def sub(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return ``a - b``."""
        return self.builder.fsub(a, b)

    def mul(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return ``a * b``."""
        return self.builder.fmul(a, b)

    def div(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return ``a / b``."""
        return self.builder.fdiv(a, b)

    def inverse(self, a: ir.Value) -> ir.Value:
        """Return ``1 / a``."""
        return self.div(self.number(1.0), a)

    def neg(self, a: ir.Value) -> ir.Value:
        """Return ``-a``."""
        return self.builder.fneg(a)

    def fma(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        """Return ``a * b + c``, rounded once."""
        return self._intrinsic("fma", a, b, c)

    def absolute(self, a: ir.Value) -> ir.Value:
        """Return ``|a|``."""
        return self._intrinsic("fabs", a)

    def root(self, a: ir.Value) -> ir.Value:
        """Return the square root."""
        return self._intrinsic("sqrt", a)

    def compare(self, sense: str, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return one truth value per lane; it is false where an operand is not a number."""
        return self.builder.fcmp_ordered(sense, a, b)

    def select(self, chosen: ir.Value, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return ``a`` where chosen, else ``b``."""
        return self.builder.select(chosen, a, b)

    def larger(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return ``a`` where ``a > b``, else ``b``."""
        return self.select(self.compare(">", a, b), a, b)

    def smaller(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return ``a`` where ``a < b``, else ``b``."""
        return self.select(self.compare("<", a, b), a, b)

    def any(self, chosen: ir.Value) -> ir.Value:
        """Return one bit: whether any lane is chosen."""
        if self.width == 1:
            return chosen
        mask = ir.IntType(self.width)
        return self.builder.icmp_unsigned(
            "!=", self.builder.bitcast(chosen, mask), ir.Constant(mask, 0)
        )

    def polynomial(self, x: ir.Value, coefficients: Sequence[float]) -> ir.Value:
        """Return a polynomial, lowest power first, in a tree of few levels (Estrin)."""
        terms: list[ir.Value] = [self.number(c) for c in coefficients]
        while len(terms) > 1:
            pairs = [
                self.fma(terms[i + 1], x, terms[i]) if i + 1 < len(terms) else terms[i]
                for i in range(0, len(terms), 2)
            ]
            terms = pairs
            if len(terms) > 1:
                x = self.mul(x, x)
        return terms[0]

    def exp(self, x: ir.Value) -> ir.Value:
        """Return the exponential function, to 4e-16 of its value; 0 is 3e-308 here."""
        b = self.builder
        least = self.number(LEAST)
        # a value that is not a number stays one
        clipped = self.select(self.compare("<", x, least), least, x)
        magic = self.number(MAGIC)
        rounded = self.fma(clipped, self.number(1.0 / math.log(2.0)), magic)
        k = self.sub(rounded, magic)
        r = self.fma(k, self.number(-LN2_HIGH), clipped)
        r = self.fma(k, self.number(-LN2_LOW), r)
        value = self.polynomial(r, EXP_SERIES)
        shift = b.shl(b.bitcast(rounded, self.bits), self._spread(self.bits, 52))
        scaled = b.bitcast(b.add(b.bitcast(value, self.bits), shift), self.type)
        # also true of what is not a number, whose bits the scaling would spoil
        beyond = b.fcmp_unordered(">", x, self.number(LARGEST))
        return self.select(beyond, self.mul(x, self.number(math.inf)), scaled)

    def log(self, x: ir.Value) -> ir.Value:
        """Return the logarithm of a positive number, to 3e-16 of its value."""
        b = self.builder
        low = self._spread(self.bits, HALF_ROOT)
        off = b.sub(b.bitcast(x, self.bits), low)
        exponent_bits = b.and_(off, self._spread(self.bits, -(1 << 52)))
        m = b.bitcast(b.sub(b.bitcast(x, self.bits), exponent_bits), self.type)
        k = b.sitofp(b.ashr(off, self._spread(self.bits, 52)), self.type)
        unit = self.number(1.0)
        f = self.div(self.sub(m, unit), self.add(m, unit))
        s = self.mul(f, f)
        tail = self.mul(self.mul(f, s), self.polynomial(s, LOG_SERIES))
        small = self.fma(k, self.number(LN2_LOW), tail)
        value = self.fma(k, self.number(LN2_HIGH), self.fma(self.number(2.0), f, small))
        # also true of what is not a number, whose bits would read as a number
        infinite = b.fcmp_unordered("==", x, self.number(math.inf))
        return self.select(infinite, x, value)
