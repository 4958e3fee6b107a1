"""Descending facilitation from the rostral ventromedial medulla (cholecystokinin).

Treatment that shifts descending modulation away from facilitation keeps a part of it from the
cord. ``F_free`` is what would reach the cord without treatment.
"""

from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State


def F_free(F, rvm_block):
    return F * (1.0 - rvm_block)


def descending_effect(total_descending_drive, total_descending_stimulus):
    return total_descending_stimulus / (1.0 + total_descending_drive)


def F_eff(F_free, descending_effect):
    return F_free * (1.0 - descending_effect)


def rates(F, a_t, k_on, k_off):
    return k_on * a_t * (1.0 - F) - k_off * F


DESCENDING = Mechanism(
    name="descending",
    meaning="descending facilitation of spinal nociception",
    states=(
        State("F", "descending_facilitation", 0.0, "1",
            "recruited fraction of facilitation from the medulla", typical=0.3),
    ),
    outputs=(
        Output("F_free", "drug_free_facilitation", "1",
            "facilitation that would reach the cord if all treatment left at once", F_free),
        Output("descending_effect", "descending_effect", "1",
            "part of facilitation that treatment keeps from the cord", descending_effect),
        Output("F_eff", "effective_facilitation", "1", "facilitation that reaches the cord", F_eff),
    ),
    parameters=(
        Parameter("k_on", 0.04, "1/h",
            "recruitment per unit of agonism (hypersensitive within 3 days)",
            "xie2005", "fitted", low=0.012, high=0.13, cv=0.3),
        Parameter("k_off", 0.01, "1/h", "waning (half-life of 2.9 days)",
            "xie2005", "fitted", low=0.003, high=0.033),
        Parameter("rvm_block", 0.0, "1",
            "virtual lidocaine in the medulla: part of facilitation kept from the cord",
            "vanderah2001", low=0.0, high=1.0),
    ),
    rates=rates,
    references=("vanderah2001", "xie2005"),
)  # fmt: skip
