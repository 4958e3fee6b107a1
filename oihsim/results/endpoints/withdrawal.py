"""Endpoints of withdrawal: as it would be precipitated, and as it is felt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oihsim.results.endpoints._endpoint import Endpoint
from oihsim.results.endpoints._reductions import highest, mean_over_time

if TYPE_CHECKING:
    from xarray import DataArray

HALF = 0.1
"""Excess of cyclic AMP over its set point at an intensity of one half (assumed)."""

FELT = (
    "X / (X + 0.1), where X is the excess of cyclic AMP over its set point with the drugs on "
    "board. The half at 0.1 is assumed."
)
NO_SCORE = "descriptive; not a score of a clinical withdrawal scale"


def intensity(excess: DataArray) -> DataArray:
    """Return the intensity of withdrawal, 0 to 1, from the excess of cyclic AMP.

    The excess rather than the excitation of the cord, which follows the excess steeply: people in
    a slow taper feel unwell before it hurts.
    """
    return excess / (excess + HALF)


WITHDRAWAL_PEAK = Endpoint(
    name="withdrawal_peak",
    reads="withdrawal_part",
    reduce=highest,
    unit="1",
    long_name="peak withdrawal part of the threshold's fall",
    better="lower",
    meaning="highest further fall of the threshold that stopping at that moment would bring",
    definition="the maximum of the fall of the drug-free threshold owed to "
    "cAMP being off its set point, beyond the hyperalgesia index. This withdrawal would be "
    "precipitated, whether or not drug is still on board.",
    source=NO_SCORE,
    example={0: 0.0, 6: 0.3, 24: 0.1},
    gives=0.3,
)

WITHDRAWAL_INTENSITY_PEAK = Endpoint(
    name="withdrawal_intensity_peak",
    reads="cyclic_amp_excess",
    transform=intensity,
    reduce=highest,
    unit="1",
    long_name="peak intensity of the withdrawal felt (0-1)",
    better="lower",
    meaning="highest intensity of the withdrawal that is felt, 0 (none) to 1",
    definition=f"the maximum of {FELT} On a constant dose the withdrawal "
    "that would be precipitated (withdrawal_peak) grows, and the withdrawal felt stays near 0.",
    source=NO_SCORE,
    example={0: 0.0, 6: 0.1, 24: 0.0},
    gives=0.5,
)

WITHDRAWAL_INTENSITY_MEAN = Endpoint(
    name="withdrawal_intensity_mean",
    reads="cyclic_amp_excess",
    transform=intensity,
    reduce=mean_over_time,
    unit="1",
    long_name="mean intensity of the withdrawal felt (0-1)",
    better="lower",
    meaning="mean intensity of the withdrawal that is felt, 0 (none) to 1",
    definition=f"the time-weighted mean of {FELT} A slow and a quick end may "
    "have the same peak and different means.",
    source=NO_SCORE,
    example={0: 0.0, 12: 0.1, 24: 0.1},
    gives=0.375,
)
