"""Endpoints of the total dose of one drug."""

from oihsim.results.endpoints._by_drug import DrugEndpoint
from oihsim.results.endpoints._reductions import rise

CUMULATIVE_DOSE = DrugEndpoint(
    name="cumulative_dose",
    reads="{drug}_cumulative_dose",
    reduce=rise,
    unit="mg",
    long_name="amount of {drug} given",
    better="neither",
    meaning="amount of one drug given from `from_h` until before `until_h`",
    definition="the cumulative dose at the last output time of the window less that at its first. "
    "A value at a dose time is the value before the dose, so the doses in [from_h, until_h) "
    "count, and doses of an earlier history do not. Milligrams of different drugs are never "
    "added; a table without a named drug shows each drug in turn.",
    source="descriptive",
    example={0: 30.0, 12: 60.0, 24: 90.0},
    gives=60.0,
)

RESCUE_CONSUMPTION = DrugEndpoint(
    name="rescue_consumption",
    reads="{drug}_rescue_dose",
    reduce=rise,
    unit="mg",
    long_name="{drug} given as rescue",
    better="neither",
    meaning="milligrams given as rescue from `from_h` until before `until_h`",
    definition="the cumulative rescue dose at the last output time of the window less that at its "
    "first; scheduled doses do not count. Milligrams of different drugs are never added. Less is "
    "not called better: an arm without rescue, or with rescue by another drug, has 0 here.",
    source="descriptive",
    example={0: 0.0, 12: 2.0, 24: 3.0},
    gives=3.0,
)
