"""Spinal dynorphin: raised within days by descending facilitation and NMDA sensitisation."""

from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State
from oihsim.model.shapes import hill


def D_eff(D, antiserum):
    return (D - 1.0) * (1.0 - antiserum)


def rates(D, F_eff, N, k_D, d_max, psi50, w_F):
    psi = w_F * F_eff + (1.0 - w_F) * N
    return k_D * (1.0 + d_max * hill(psi, psi50, 2.0) - D)


DYNORPHIN = Mechanism(
    name="dynorphin",
    meaning="expression of dynorphin in the spinal cord",
    states=(
        State("D", "spinal_dynorphin", 1.0, "1", "dynorphin content, relative to naive",
            bounds=(1.0, float("inf"))),
    ),
    outputs=(
        Output("D_eff", "free_dynorphin_excess", "1",
            "dynorphin above naive that antiserum leaves free", D_eff),
    ),
    parameters=(
        Parameter("k_D", 0.0072, "1/h",
            "turnover (half-life of 4 days; the rise at 5 to 7 days is recalled, unconfirmed)",
            "vanderah2000", low=0.0022, high=0.024),
        Parameter("d_max", 2.0, "1",
            "greatest rise above naive (1.5 to 2.5 fold seen; recalled, unconfirmed); 0 knocks out",
            "vanderah2000", low=0.6, high=6.6),
        Parameter("psi50", 0.45, "1", "drive for half of the greatest rise", low=0.14, high=1.5),
        Parameter("w_F", 0.5, "1", "share of descending facilitation in the drive",
            "vanderah2001", low=0.15, high=1.0),
        Parameter("antiserum", 0.0, "1",
            "virtual antiserum: part of the dynorphin above naive that is bound",
            "vanderah2000", low=0.0, high=1.0),
    ),
    rates=rates,
    references=("vanderah2000", "vanderah2001"),
)  # fmt: skip
