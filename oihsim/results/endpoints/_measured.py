"""Sensory tests as endpoints: the mean of the measured values, and how many were censored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oihsim.results.endpoints._endpoint import Endpoint, variable, window
from oihsim.results.endpoints._reductions import mean_over_time
from oihsim.results.sensory import TESTS

if TYPE_CHECKING:
    from xarray import DataArray, Dataset


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MeasuredEndpoint(Endpoint):
    """The mean of a sensory test over time.

    Its attr ``censored`` has, for each arm, the share of the measurements in the window that
    reached the cut-off. The result needs ``<test>`` and ``<test>_censored``.

    Examples
    --------
    >>> import xarray as xr
    >>> dims = ("scenario", "draw", "id", "time")
    >>> ds = xr.Dataset({"cold_pressor_tolerance": (dims, [[[[60.0, 180.0]]]]),
    ...     "cold_pressor_tolerance_censored": (dims, [[[[0, 1]]]])}, {"time": [0.0, 24.0]})
    >>> mean = MEASURED["cold_pressor_tolerance"](ds)
    >>> mean.item(), mean.attrs["units"], mean.attrs["censored"]
    (120.0, 's', [0.5])
    """

    def __call__(
        self, ds: Dataset, *, from_h: float | None = None, until_h: float | None = None
    ) -> DataArray:
        """Return the mean of the test in a result, (scenario, draw, id)."""
        mean = super().__call__(ds, from_h=from_h, until_h=until_h)
        flags = window(variable(ds, f"{self.reads}_censored"), from_h, until_h)
        within_arm = [dim for dim in flags.dims if dim != "scenario"]
        # -1 is no result: it counts neither as censored nor as measured
        number = (flags >= 0).sum(within_arm)
        shares = ((flags == 1).sum(within_arm) / number.where(number > 0, 1)).values
        mean.attrs["censored"] = [float(share) for share in shares]
        return mean


MEASURED: dict[str, MeasuredEndpoint] = {
    test.name: MeasuredEndpoint(
        name=f"{test.name}_mean",
        reads=test.name,
        reduce=mean_over_time,
        unit=test.unit,
        long_name=f"mean {test.meaning}",
        better=test.better,
        meaning=f"mean {test.meaning}",
        definition="the time-weighted mean (trapezium rule) of the values measured at the output "
        "times. A value at the cut-off counts as the cut-off, so a mean with censored values is "
        "too near the cut-off.",
        source="descriptive",
    )
    for test in TESTS.values()
}
"""The mean of each sensory test, by the name of the test."""
