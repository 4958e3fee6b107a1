"""Kinetics of a drug from A with matrix exponentials alone, and the quantities of check rows.

A row of published numbers has a column ``spec``: ``cov`` covariates and parameters (the others as
they are), ``events`` with time and duration in the drug file's time unit and dose in its amount
unit (mg where that is molar) of active substance, ``q`` the quantity, ``args`` its arguments and
``out`` where it is read: a compartment, several whose concentrations are summed, or ``Ce``. The
result is multiplied by ``scale``.
"""

import json
from functools import cache

import numpy as np
from scipy.linalg import expm
from scipy.optimize import brentq

from oihsim.drugs import load_drug
from oihsim.drugs.drug_units import SUBSTANCES
from oihsim.files.units import convert
from oihsim.kinetics.expressions import parse

loaded = cache(load_drug)


class Subject:
    """One subject: exact states at any time under doses, in the drug file's own units."""

    def __init__(self, drug, covariates):
        self.drug = drug
        self.values = drug.typical() | {k: np.array([float(v)]) for k, v in covariates.items()}
        self.full = drug.individual(self.values)
        kinetics = drug.kinetics(self.values)
        self.hours = convert(1.0, drug.time_unit, "h")
        self.A = kinetics.A[0] * self.hours
        self.kinetics = kinetics
        self.jumps, self.rates = [], []

    def row(self, name):
        """Return the row vector that reads a concentration from the states."""
        if isinstance(name, list):
            return sum(map(self.row, name))
        c = np.zeros(len(self.A))
        if name == "Ce":
            c[self.kinetics.compartments.index(f"{self.drug.ligands[0]} effect site")] = 1.0
        else:
            place = "central" if name == "Cp" else name
            volume = float(self.drug.volumes[place].value(self.full)[0])
            c[self.kinetics.compartments.index(place)] = 1.0 / volume
        return c

    def dose(self, event):
        unit = self.drug.amount_unit
        per_mg = 1.0 if unit in SUBSTANCES else convert(1, unit, "mg")
        labelled = event["dose"] * per_mg / self.drug.salt_factor
        for k in range(event.get("times", 1)):
            start = event["t"] + k * event.get("every", 0.0)
            inputs = self.drug.route_inputs(event["route"], self.values, labelled)
            for index, amount, lag, duration in inputs:
                vector = self.kinetics.B[0, index] * amount[0] * labelled
                begin = start + lag[0] / self.hours
                length = event.get("dur") if duration is None else duration[0] / self.hours
                if length:
                    self.rates += [(begin, vector / length), (begin + length, -vector / length)]
                else:
                    self.jumps.append((begin, vector))

    def at(self, t, c=None):
        """Return the states at ``t`` and the integral of ``c`` times the states until then."""
        n = len(self.A)
        x, q, rate, now = np.zeros(n), 0.0, np.zeros(n), 0.0
        stops = sorted({s for s, _ in self.jumps + self.rates if s < t} | {t})
        steps = {}
        for stop in stops:
            if stop > now:
                key = (round(stop - now, 9), rate.tobytes())
                if key not in steps:
                    larger = np.zeros((n + 2, n + 2))
                    larger[:n, :n], larger[:n, n + 1] = self.A, rate
                    larger[n, :n] = 0.0 if c is None else c
                    steps[key] = expm(larger * (stop - now))
                y = steps[key] @ np.concatenate([x, [q, 1.0]])
                x, q, now = y[:n], y[n], stop
            if stop < t or t == 0.0:
                x = x + sum((v for s, v in self.jumps if s == stop), np.zeros(n))
                rate = rate + sum((v for s, v in self.rates if s == stop), np.zeros(n))
        return x, q

    def curve(self, c, start, end, points):
        """Return a concentration on a grid, stepping within stretches without events."""
        grid = np.linspace(start, end, points)
        steps = {}
        x, now, course = self.at(start)[0], start, []
        busy = [s for s, _ in self.jumps + self.rates]
        for t in grid:
            if any(now <= s <= t for s in busy):
                x = self.at(t)[0]
            elif t > now:
                key = round(t - now, 9)
                if key not in steps:
                    steps[key] = expm(self.A * (t - now))
                x = steps[key] @ x
            now = t
            course.append(c @ x)
        return np.array(course)


def central_bolus(subject):
    return subject.kinetics.B[0, subject.kinetics.inputs.index("central")]


def effect_slope(subject, A, t):
    """Return dCe/dt at ``t`` after a bolus into the central compartment."""
    row = subject.kinetics.compartments.index(f"{subject.drug.ligands[0]} effect site")
    return (A @ expm(A * t) @ central_bolus(subject))[row]


def with_ke0(subject, ke0):
    A = subject.A.copy()
    A[-1] *= ke0 / -A[-1, -1]
    return A


def half_life(t, c):
    return np.log(2) / -np.polyfit(t, np.log(c), 1)[0]


def decrement(subject, c, T, pct):
    """Return the time after an infusion of length ``T`` until ``c`` has fallen by ``pct`` %."""
    n = len(subject.A)
    larger = np.zeros((n + 1, n + 1))
    larger[:n, :n], larger[:n, n] = subject.A, central_bolus(subject)
    end = (expm(larger * T) @ np.eye(n + 1)[n])[:n]
    return fall(subject, c, end, pct, 100 * T)


def fall(subject, c, x, pct, longest):
    """Return the time until ``c`` has fallen by ``pct`` % from the states ``x``, nothing given."""
    target = (1 - pct / 100) * (c @ x)
    return brentq(lambda t: c @ expm(subject.A * t) @ x - target, 0.0, longest)


def held(subject, c, T, pct):
    """Return the same after a plasma concentration held constant for ``T``."""
    central = subject.kinetics.compartments.index("central")
    A = subject.A.copy()
    A[central] = 0.0
    x = expm(A * T)[:, central]
    return fall(subject, c, x, pct, 100 * T)


def peak(subject, c, args):
    """Return time and height of the highest concentration from 0 to ``tend``."""
    points = 1001
    t = np.linspace(0.0, args["tend"], points)
    course = subject.curve(c, 0.0, args["tend"], points)
    return t[course.argmax()], course.max()


def area_to_infinity(subject, c):
    entered = sum(v for _, v in subject.jumps)
    return -c @ np.linalg.solve(subject.A, entered)


def evaluate(subject, spec):
    args, c = spec.get("args", {}), subject.row(spec.get("out", "Cp"))
    match spec["q"]:
        case "par":
            return float(np.asarray(parse(args["expr"]).value(subject.full)).flat[0])
        case "at":
            return c @ subject.at(args["t"])[0]
        case "cavg":
            integral = subject.at(args["t2"], c)[1] - subject.at(args["t1"], c)[1]
            return integral / (args["t2"] - args["t1"])
        case "auc_0_t":
            return subject.at(args["tend"], c)[1]
        case "auc_inf":
            return area_to_infinity(subject, c)
        case "cmax":
            return peak(subject, c, args)[1]
        case "tmax":
            return peak(subject, c, args)[0]
        case "auc_ratio":
            other = subject.row(spec["out2"])
            return area_to_infinity(subject, c) / area_to_infinity(subject, other)
        case "cmax_ss":
            return subject.curve(c, args["t1"], args["t2"], 1001).max()
        case "cmin_ss":
            return subject.curve(c, args["t1"], args["t2"], 1001).min()
        case "half_between":
            t = np.array([args["t1"], args["t2"]])
            return half_life(t, np.array([c @ subject.at(s)[0] for s in t]))
        case "csht":
            return held(subject, c, args["T"], 50.0)
        case "ce_decr":
            return held(subject, subject.row("Ce"), args["T"], args["pct"])
        case "ce_decr_ci":
            return decrement(subject, subject.row("Ce"), args["T"], args["pct"])
        case "half_fit":
            t = np.linspace(args["t1"], args["t2"], 6)
            return half_life(t, np.array([c @ subject.at(s)[0] for s in t]))
        case "cp_decr_ci":
            return decrement(subject, c, args["T"], args["pct"])
        case "tpeak_ce":
            return brentq(lambda t: effect_slope(subject, subject.A, t), 1e-3, 60.0)
        case "ke0_tpeak":
            slope = lambda k: effect_slope(subject, with_ke0(subject, k), args["tpeak"])  # noqa: E731
            return brentq(slope, 1e-3, 50.0)
    raise AssertionError(spec["q"])


def limits(row):
    kind, numbers = row["tolerance"].split(" ", 1)
    if kind == "range":
        return tuple(float(n) for n in numbers.split(".."))
    published = float(row["published"])
    return published * (1 - float(numbers)), published * (1 + float(numbers))


def simulated(row):
    """Return the number that a row checks, in the unit of the row."""
    spec = json.loads(row["spec"])
    subject = Subject(loaded(row["drug"]), spec.get("cov", {}))
    for event in spec.get("events", []):
        subject.dose(event)
    return evaluate(subject, spec) * float(row["scale"])
