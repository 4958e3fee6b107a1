"""Published three-compartment sets that pumps carry, as linear kinetics in mg or ug per litre.

Propofol: Marsh and others, Br J Anaesth 1991;67:41-48; Schnider and others, Anesthesiology
1998;88:1170-1182 and 1999;90:1502-1516; Eleveld and others, Br J Anaesth 2018;120:942-959.
Dexmedetomidine: Hannivoort and others, Anesthesiology 2015;123:357-367, with the ke0 of Colin and
others, Br J Anaesth 2017;119:200. Values as carried in opentiva (commit a181499), which the names
"opentiva" and "PyTCI" mark where these programs deviate. Remifentanil is the drug of the package.
"""

from dataclasses import dataclass
from math import exp

import numpy as np

from oihsim.drugs import load_drug
from oihsim.kinetics.compartments import EffectSite, Flow, LinearKinetics, assemble
from oihsim.kinetics.covariates import with_formulae
from oihsim.kinetics.propagation import modes
from oihsim.kinetics.target_control import Controller


@dataclass(frozen=True)
class Pumped:
    """A set in one person: rates in 1/h; concentrations are ``unit`` times the rows' values."""

    linear: LinearKinetics
    per_unit: float = 1.0

    @property
    def controller(self):
        linear = self.linear
        return Controller(modes(linear.A, linear.B, linear.C, linear.plasma))


def three_compartments(v1, v2, v3, cl, q2, q3, ke0):
    """Return kinetics of volumes in L, clearances in L/min and ke0 in 1/min."""
    hourly = {
        ("central", "out"): cl / v1, ("central", "fast"): q2 / v1, ("fast", "central"): q2 / v2,
        ("central", "slow"): q3 / v1, ("slow", "central"): q3 / v3,
    }  # fmt: skip
    flows = [Flow(a, b, np.array([60.0 * rate])) for (a, b), rate in hourly.items()]
    site = EffectSite("drug", "central", np.array([v1]), np.array([60.0 * ke0]), 1.0)
    return Pumped(assemble(["central", "fast", "slow"], flows, ["central"], [site]))


def marsh(person, k13=0.0419, k31=0.0033):
    v1 = 0.228 * person["WT"]
    q2, q3 = 0.112 * v1, k13 * v1
    return three_compartments(v1, q2 / 0.055, q3 / k31, 0.119 * v1, q2, q3, 0.26)


def schnider(person, v2=None):
    age, wt, ht, lbm = (person[word] for word in ("AGE", "WT", "HT", "LBM"))
    v2 = 18.9 - 0.391 * (age - 53) if v2 is None else v2
    cl = 1.89 + 0.0456 * (wt - 77) - 0.0681 * (lbm - 59) + 0.0264 * (ht - 177)
    return three_compartments(4.27, v2, 238.0, cl, 1.29 - 0.024 * (age - 53), 0.836, 0.456)


def eleveld(person):
    """Return the set with an opioid given at the same time."""
    age, wt, ffm = (person[word] for word in ("AGE", "WT", "FFM_AS"))
    weeks = age * 52 + 40

    def maturity(at, half, power=1.0):
        return at**power / (at**power + half**power)

    v1 = 6.28 * (wt / (wt + 33.6)) / (70.0 / (70.0 + 33.6))
    v2 = 25.5 * wt / 70 * exp(-0.0156 * (age - 35))
    v3 = 273.0 * ffm / 54.47520596 * exp(-0.0138 * age)
    cl = 2.1 if person["SEX"] == 1 else 1.79
    cl *= (wt / 70) ** 0.75 * exp(-0.00286 * age)
    cl *= maturity(weeks, 42.3, 9.06) / maturity(1860.0, 42.3, 9.06)
    q2 = 1.75 * (v2 / 25.5) ** 0.75 * (1 + 1.3 * (1 - maturity(weeks, 68.3)))
    q3 = 1.11 * (v3 / 273.0) ** 0.75 * maturity(weeks, 68.3) / maturity(1860.0, 68.3)
    return three_compartments(v1, v2, v3, cl, q2, q3, 0.146 * (wt / 70) ** -0.25)


def hannivoort(person):
    size = person["WT"] / 70
    return three_compartments(
        1.78 * size, 30.3 * size, 52.0 * size, 0.686 * size**0.75, 2.98 * size**0.75,
        0.602 * size**0.75, 0.0428,
    )  # fmt: skip


def minto(person):
    """Return the shipped set: amounts in ug, concentrations in nM."""
    drug = load_drug("remifentanil-minto1997")
    values = drug.typical() | {
        word: np.array([person[word]]) for word in ("AGE", "WT", "HT", "SEX")
    }
    return Pumped(drug.kinetics(values), per_unit=drug.molar_mass / 1000.0)


MODELS = {
    "Marsh1991": marsh,
    "Marsh1991 (k13 0.042, k31 0.0031 as in PyTCI)": lambda p: marsh(p, 0.042, 0.0031),
    "Schnider1998": schnider,
    "Schnider1998 (opentiva V2 23.592)": lambda p: schnider(p, 23.592),
    "Eleveld2018 with opioid": eleveld,
    "Hannivoort2015": hannivoort,
    "Minto1997": minto,
}


def pumped(model, person):
    """Return a set in a person such as ``40 y 70 kg 170 cm male``."""
    age, _, weight, _, height, _, sex = person.split()
    covariates = {
        "AGE": float(age), "WT": float(weight), "HT": float(height), "SEX": float(sex == "female"),
    }  # fmt: skip
    full = with_formulae(covariates)
    return MODELS[model]({word: float(value) for word, value in full.items()})
