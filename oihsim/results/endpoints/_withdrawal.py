"""Withdrawal as it is felt: from the excess of cyclic AMP, with whatever is on board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.results.endpoints._window import window

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

HALF = 0.1
"""Excess of cyclic AMP over its set point at an intensity of one half (assumed)."""


def intensity(ds: Dataset, from_h: float | None = None, until_h: float | None = None) -> DataArray:
    """Return the intensity of withdrawal at the output times of a window, 0 to 1.

    X / (X + 0.1), with X the excess of cyclic AMP. The excess rather than the excitation of the
    cord that follows it steeply: people in a slow taper feel unwell before it hurts.
    """
    excess = window(ds, "cyclic_amp_excess", from_h, until_h)
    return excess / (excess + HALF)
