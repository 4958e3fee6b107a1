"""Complex numbers in lanes: a pair of values, with the operations that an elimination needs."""

from __future__ import annotations

from typing import Any

Pair = tuple[Any, Any]
"""Real and imaginary part."""


class ComplexLanes:
    """Writes operations on complex numbers, each in terms of operations on its parts.

    Parameters
    ----------
    lanes : operations on the parts, :class:`oihsim.engine.lanes.arithmetic.Lanes`
    """

    def __init__(self, lanes: Any) -> None:
        self._lanes = lanes

    def number(self, x: complex) -> Pair:
        """Return a constant in every lane."""
        return self._lanes.number(complex(x).real), self._lanes.number(complex(x).imag)

    def neg(self, a: Pair) -> Pair:
        """Return ``-a``."""
        return self._lanes.neg(a[0]), self._lanes.neg(a[1])

    def mul(self, a: Pair, b: Pair) -> Pair:
        """Return ``a * b``."""
        real, imaginary = self._lanes.mul(a[0], b[0]), self._lanes.mul(a[0], b[1])
        real = self._lanes.fma(self._lanes.neg(a[1]), b[1], real)
        return real, self._lanes.fma(a[1], b[0], imaginary)

    def fma(self, a: Pair, b: Pair, c: Pair) -> Pair:
        """Return ``a * b + c``."""
        real, imaginary = self._lanes.fma(a[0], b[0], c[0]), self._lanes.fma(a[0], b[1], c[1])
        real = self._lanes.fma(self._lanes.neg(a[1]), b[1], real)
        return real, self._lanes.fma(a[1], b[0], imaginary)

    def inverse(self, a: Pair) -> Pair:
        """Return ``1 / a``."""
        size = self._lanes.fma(a[0], a[0], self._lanes.mul(a[1], a[1]))
        over = self._lanes.inverse(size)
        return self._lanes.mul(a[0], over), self._lanes.neg(self._lanes.mul(a[1], over))
