"""Published numbers for the shipped drugs, computed from A with matrix exponentials alone.

Column ``spec`` of ``pk_checks.csv``: ``cov`` covariates (the others at their default), ``events``
with time and duration in the drug file's time unit and dose in its amount unit (mg for morphine) of
active substance, ``q`` the quantity and ``args`` its arguments. The result is multiplied by
``scale``.
"""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.optimize import brentq

from oihsim.drugs import load_drug
from oihsim.kinetics.expressions import parse
from oihsim.units import convert

with (Path(__file__).parent / "pk_checks.csv").open(encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


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
        c = np.zeros(len(self.A))
        if name == "Ce":
            c[self.kinetics.compartments.index(f"{self.drug.name} effect site")] = 1.0
        else:
            place = "central" if name == "Cp" else name
            volume = float(self.drug.volumes[place].value(self.full)[0])
            c[self.kinetics.compartments.index(place)] = 1.0 / volume
        return c

    def dose(self, event):
        per_mg = 1.0 if self.drug.amount_unit == "umol" else convert(1, self.drug.amount_unit, "mg")
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
        for stop in stops:
            if stop > now:
                larger = np.zeros((n + 2, n + 2))
                larger[:n, :n], larger[:n, n + 1] = self.A, rate
                larger[n, :n] = 0.0 if c is None else c
                y = expm(larger * (stop - now)) @ np.concatenate([x, [q, 1.0]])
                x, q, now = y[:n], y[n], stop
            if stop < t or t == 0.0:
                x = x + sum((v for s, v in self.jumps if s == stop), np.zeros(n))
                rate = rate + sum((v for s, v in self.rates if s == stop), np.zeros(n))
        return x, q

    def curve(self, c, start, end, points):
        """Return a concentration on a grid, stepping within stretches without events."""
        grid = np.linspace(start, end, points)
        steps = {}
        x, now, found = self.at(start)[0], start, []
        busy = [s for s, _ in self.jumps + self.rates]
        for t in grid:
            if any(now <= s <= t for s in busy):
                x = self.at(t)[0]
            elif t > now:
                key = round(t - now, 9)
                steps.setdefault(key, expm(self.A * (t - now)))
                x = steps[key] @ x
            now = t
            found.append(c @ x)
        return np.array(found)


def central_bolus(subject):
    return subject.kinetics.B[0, subject.kinetics.inputs.index("central")]


def effect_slope(subject, A, t):
    """Return dCe/dt at ``t`` after a bolus into the central compartment."""
    row = subject.kinetics.compartments.index(f"{subject.drug.name} effect site")
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
    target = (1 - pct / 100) * (c @ end)
    return brentq(lambda t: c @ expm(subject.A * t) @ end - target, 0.0, 100 * T)


def area_to_infinity(subject, c):
    given = sum(v for _, v in subject.jumps)
    return -c @ np.linalg.solve(subject.A, given)


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
        case "auc_ratio":
            other = subject.row(spec["out2"])
            return area_to_infinity(subject, c) / area_to_infinity(subject, other)
        case "cmax_ss":
            return subject.curve(c, args["t1"], args["t2"], 1001).max()
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


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r['drug']}-{r['scenario']}-{r['quantity']}")
def test_published_number(row):
    spec = json.loads(row["spec"])
    subject = Subject(load_drug(row["drug"]), spec.get("cov", {}))
    for event in spec.get("events", []):
        subject.dose(event)
    low, high = limits(row)
    found = evaluate(subject, spec) * float(row["scale"])
    assert low <= found <= high, f"{found:.5g} {row['unit']}, {row['source']}"


def test_every_drug_with_a_published_number_is_here():
    # naloxone has none of these kinds; its file is compared number by number in test_drugs.py
    assert {row["drug"] for row in ROWS} == {
        *("buprenorphine", "fentanyl", "ketamine", "morphine", "remifentanil")
    }
    assert len(ROWS) == 51
