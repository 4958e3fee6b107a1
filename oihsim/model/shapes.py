"""Shapes shared by the equations. Pure arithmetic; the only functions an equation may call.

Each has a twin for SymPy in :mod:`oihsim.model.formulae`; numba compiles these.
"""

from __future__ import annotations

from math import exp, inf


def power(x: float, n: float) -> float:
    """Return ``x**n`` for positive ``x`` and 0 otherwise, so that rounding below 0 is harmless.

    Examples
    --------
    >>> power(2.0, 3.0), power(0.0, 0.5), power(-1e-18, 1.25)
    (8.0, 0.0, 0.0)
    """
    if x > 0.0:
        return x**n  # type: ignore[no-any-return]
    return 0.0


def hill(x: float, x50: float, n: float) -> float:
    """Return the sigmoid ``x**n / (x**n + x50**n)``, 0 for ``x <= 0``.

    Examples
    --------
    >>> hill(2.0, 2.0, 4.0), hill(-1.0, 2.0, 4.0)
    (0.5, 0.0)
    """
    if x > 0.0:
        y = (x / x50) ** n
        return y / (1.0 + y)  # type: ignore[no-any-return]
    return 0.0


def hinge(x: float, d: float) -> float:
    """Return a smooth positive part: ``x*x/(x + d)`` above 0, else 0; its slope is continuous.

    Examples
    --------
    >>> hinge(-1.0, 0.02), round(hinge(1.0, 0.02), 4)
    (0.0, 0.9804)
    """
    if x > 0.0:
        return x * x / (x + d)
    return 0.0


def rectify(x: float, d: float) -> float:
    """Return a smooth positive part: near ``x - d`` for ``x`` well above ``d``, else 0.

    ``x**4 / ((x + d) (x**2 + d**2))`` for positive ``x``; its third derivative is continuous. At
    a corner where only the slope is continuous (``hinge``) the error estimate of a method of high
    order can be wrong by a factor of twenty (measured).

    Examples
    --------
    >>> rectify(-1.0, 0.05), round(rectify(1.0, 0.05), 4)
    (0.0, 0.95)
    """
    if x > 0.0:
        return x * x * x * x / ((x + d) * (x * x + d * d))
    return 0.0


def odds(x: float) -> float:
    """Return ``x/(1 - x)``, infinite where ``x >= 1``: the drive that gives the occupancy ``x``.

    Examples
    --------
    >>> odds(0.5), odds(1.5)
    (1.0, inf)
    """
    if x < 1.0:
        return x / (1.0 - x)
    return inf


__all__ = ["exp", "hill", "hinge", "odds", "power", "rectify"]
