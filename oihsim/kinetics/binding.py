"""Binding at the mu receptor: fast ligands at quasi-equilibrium, two slow ones followed in time.

O1 and O2 are the fractions of surface receptors that the slow ligands hold. The fast ligands share
the rest with free receptors: with X the sum of C/KD of the fast ligands,

    free = (1 - O1 - O2)/(1 + X)          each fast ligand holds free * C/KD
    dO_i/dt = k_off_i (slow_drive_i * free - O_i)

which is competitive binding for any number of ligands, one binding site each (Hill slope 1: a
slope below 1 would make the rate infinitely steep at zero concentration). A fast ligand moved to
a slow slot tends to the fast result as k_off grows.
The parameters of a slot are those of the drug that uses it; 0 means the slot is empty.
"""

from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State


def mor_free(O1, O2, total_mor_drive):
    """Return the fraction of surface receptors that nothing holds."""
    return (1.0 - O1 - O2) / (1.0 + total_mor_drive)


def mor_occupancy(mor_free):
    """Return the fraction that any ligand holds."""
    return 1.0 - mor_free


def mor_efficacy(mor_free, total_mor_stimulus, O1, O2, e_1, e_2):
    """Return occupancy weighted by intrinsic efficacy."""
    return mor_free * total_mor_stimulus + e_1 * O1 + e_2 * O2


def mor_efficacy_arrestin(
    mor_free, total_mor_stimulus_arrestin, O1, O2, e_arrestin_1, e_arrestin_2
):
    """Return occupancy weighted by arrestin-type efficacy."""
    return mor_free * total_mor_stimulus_arrestin + e_arrestin_1 * O1 + e_arrestin_2 * O2


def mor_k_des(mor_free, total_mor_desensitising, O1, O2, k_des_1, k_des_2):
    """Return the desensitisation rate, 1/h, averaged over surface receptors."""
    return mor_free * total_mor_desensitising + k_des_1 * O1 + k_des_2 * O2


def mor_k_int(mor_free, total_mor_internalising, O1, O2, k_int_1, k_int_2):
    """Return the internalisation rate, 1/h, averaged over surface receptors."""
    return mor_free * total_mor_internalising + k_int_1 * O1 + k_int_2 * O2


def rates(O1, O2, mor_free, slow_drive_1, slow_drive_2, k_off_1, k_off_2):
    """Return the derivatives of O1 and O2, 1/h."""
    dO1 = k_off_1 * (slow_drive_1 * mor_free - O1)
    dO2 = k_off_2 * (slow_drive_2 * mor_free - O2)
    return dO1, dO2


def _slot(i: int) -> tuple[Parameter, ...]:
    ligand = f"slow ligand {i} (from its drug file)"
    return (
        Parameter(f"k_off_{i}", 0.0, "1/h", f"dissociation rate of {ligand}"),
        Parameter(f"e_{i}", 0.0, "1", f"intrinsic efficacy of {ligand}, DAMGO = 1"),
        Parameter(f"e_arrestin_{i}", 0.0, "1", f"arrestin-type efficacy of {ligand}"),
        Parameter(f"k_des_{i}", 0.0, "1/h", f"desensitisation rate caused by bound {ligand}"),
        Parameter(f"k_int_{i}", 0.0, "1/h", f"internalisation rate caused by bound {ligand}"),
    )


MU_RECEPTOR = Mechanism(
    name="mu_receptor",
    meaning="occupation of surface mu-opioid receptors by all ligands, in competition",
    states=(
        State("O1", "slow_occupancy_1", 0.0, "1",
            "fraction of surface mu receptors held by slow ligand 1", typical=0.1),
        State("O2", "slow_occupancy_2", 0.0, "1",
            "fraction of surface mu receptors held by slow ligand 2", typical=0.1),
    ),
    outputs=(
        Output("mor_free", "mor_free", "1", "fraction of surface mu receptors unbound", mor_free),
        Output("mor_occupancy", "mor_occupancy", "1",
            "fraction of surface mu receptors bound by any ligand", mor_occupancy),
        Output("mor_efficacy", "mor_efficacy", "1", "occupancy weighted by intrinsic efficacy",
            mor_efficacy),
        Output("mor_efficacy_arrestin", "mor_efficacy_arrestin", "1",
            "occupancy weighted by arrestin-type efficacy", mor_efficacy_arrestin),
        Output("mor_k_des", "mor_k_des", "1/h", "rate at which coupled receptors are desensitised",
            mor_k_des),
        Output("mor_k_int", "mor_k_int", "1/h",
            "rate at which desensitised receptors are internalised", mor_k_int),
    ),
    parameters=(*_slot(1), *_slot(2)),
    rates=rates,
    references=("gaddum1957",),
)  # fmt: skip
