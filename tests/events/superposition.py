"""Amounts of one- and two-compartment models by superposition of exponentials; no engine.

A unit dose into one compartment leaves a sum of exponentials in another. Everything else is
adding up: an infusion is an integral, endless doses are a geometric series. Written down from the
textbook forms (Gibaldi and Perrier, Pharmacokinetics), with nothing of oihsim in it.
"""

from dataclasses import dataclass
from math import ceil, exp, sqrt

K, KA = 0.1, 1.0  # CL/V with CL = 1 L/h and V = 10 L; absorption, 1/h
K12, K21 = 0.2, 0.1  # Q/V and Q/V2 with Q = 2 L/h and V2 = 20 L


def exponentials(body, into, seen, k=K, ka=KA):
    """Return (coefficient, rate) pairs of the amount in ``seen`` after one unit ``into``."""
    if seen == "depot":
        return [(1.0, ka)] if into == "depot" else []
    if body == "one":
        if into == "central":
            return [(1.0, k)]
        return [(ka / (ka - k), k), (-ka / (ka - k), ka)]
    total, product = k + K12 + K21, k * K21
    root = sqrt(total * total - 4.0 * product)
    a, b = (total + root) / 2.0, (total - root) / 2.0
    if seen == "peripheral":
        straight = [(K12 / (a - b), b), (-K12 / (a - b), a)]
    else:
        straight = [((a - K21) / (a - b), a), ((K21 - b) / (a - b), b)]
    if into == "central":
        return straight
    through = [(c * ka / (ka - rate), rate) for c, rate in straight]
    return [*through, (-sum(c for c, _ in through), ka)]


@dataclass(frozen=True)
class Bolus:
    at: float
    amount: float
    into: str = "central"

    def remaining(self, rate, t):
        return self.amount * exp(-rate * (t - self.at)) if t >= self.at else 0.0


@dataclass(frozen=True)
class Infusion:
    at: float
    rate: float
    lasts: float
    into: str = "central"

    def remaining(self, rate, t):
        age = t - self.at
        if age <= 0.0:
            return 0.0
        run = min(age, self.lasts)
        return self.rate * (1.0 - exp(-rate * run)) / rate * exp(-rate * (age - run))


@dataclass(frozen=True)
class EndlessBoluses:
    """Every ``ii`` since ever, the last at ``at``."""

    at: float
    amount: float
    ii: float
    into: str = "central"

    def remaining(self, rate, t):
        return self.amount * exp(-rate * (t - self.at)) / (1.0 - exp(-rate * self.ii))


@dataclass(frozen=True)
class EndlessInfusions:
    """One begun every ``ii`` since ever, the last at ``at``."""

    at: float
    rate: float
    lasts: float
    ii: float
    into: str = "central"

    def remaining(self, rate, t):
        age = t - self.at
        over = max(0, ceil((self.lasts - age) / self.ii - 1e-12))
        running = sum(1.0 - exp(-rate * (age + j * self.ii)) for j in range(over))
        rise = (exp(rate * self.lasts) - 1.0) * exp(-rate * (age + over * self.ii))
        return self.rate / rate * (running + rise / (1.0 - exp(-rate * self.ii)))


@dataclass(frozen=True)
class Forever:
    """A constant infusion since ever, stopped at ``at``."""

    at: float
    rate: float
    into: str = "central"

    def remaining(self, rate, t):
        return self.rate / rate * exp(-rate * (t - self.at))


B, I, EB, EI = Bolus, Infusion, EndlessBoluses, EndlessInfusions  # noqa: E741


def amount(terms, t, body="one", seen="central", **rates):
    """Return the amount in ``seen`` at ``t`` after all of ``terms``."""
    return sum(
        c * term.remaining(rate, t)
        for term in terms
        for c, rate in exponentials(body, term.into, seen, **rates)
    )
