"""Descending facilitation from the rostral ventromedial medulla (cholecystokinin)."""

from oihsim.mechanism import Mechanism
from oihsim.parameter import Output, Parameter, State


def F_eff(F, rvm_block):
    return F * (1.0 - rvm_block)


def rates(F, a_t, k_on, k_off):
    return k_on * a_t * (1.0 - F) - k_off * F


DESCENDING = Mechanism(
    name="descending",
    meaning="descending facilitation of spinal nociception",
    states=(
        State(
            "F",
            "descending_facilitation",
            0.0,
            "1",
            "recruited fraction of facilitation from the medulla",
            typical=0.3,
        ),
    ),
    outputs=(
        Output(
            "F_eff",
            "effective_facilitation",
            "1",
            "facilitation that reaches the cord",
            F_eff,
        ),
    ),
    parameters=(
        Parameter(
            "k_on",
            0.04,
            "1/h",
            "recruitment per unit of agonism (hypersensitive within 3 days)",
            source="xie2005",
            evidence="fitted",
            low=0.012,
            high=0.13,
            cv=0.3,
        ),
        Parameter(
            "k_off",
            0.01,
            "1/h",
            "waning (half-life of 2.9 days)",
            source="xie2005",
            evidence="fitted",
            low=0.003,
            high=0.033,
        ),
        Parameter(
            "rvm_block",
            0.0,
            "1",
            "virtual lidocaine in the medulla: part of facilitation kept from the cord",
            source="vanderah2001",
            low=0.0,
            high=1.0,
        ),
    ),
    rates=rates,
    references=("vanderah2001", "xie2005"),
)
