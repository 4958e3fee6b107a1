"""Pump rates against public programs, exact references and an independent integration."""

import csv
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from slow_parameters import slow_but
from tci_models import pumped

from oihsim.kinetics.target_control import STEP_H, Infusions, Setpoint, infusions, least

with (Path(__file__).parent / "tci_checks.csv").open(encoding="utf-8") as stream:
    ROWS = list(csv.DictReader(stream))

ADULT = "40 y 70 kg 170 cm male"
NO_LIMIT = np.array([np.inf])


@dataclass(frozen=True)
class Course:
    """Rates of a pump in one person, and what they do to the person's compartments."""

    set_of: object
    given: Infusions

    def rate(self, seconds):
        """Return the rate from a time on, per minute."""
        at = seconds / 3600.0 + 1e-7
        on = (self.given.start_h <= at) & (at < self.given.end_h)
        return float(self.given.rate[on].sum()) / 60.0

    def total(self, seconds):
        end = np.minimum(self.given.end_h, seconds / 3600.0)
        return float((np.maximum(end - self.given.start_h, 0.0) * self.given.rate).sum())

    @cached_property
    def matrix(self):
        """The rate matrix with the rate of the infusion as a further state."""
        linear = self.set_of.linear
        A, b = linear.A[0], linear.B[0, 0]
        return np.block([[A, b[:, None]], [np.zeros((1, len(b) + 1))]])

    @cached_property
    def stops(self):
        """Times at which the rate changes, and the state at each, by matrix exponentials."""
        edges = np.unique([0.0, *self.given.start_h, *self.given.end_h])
        on = np.searchsorted(self.given.start_h, edges + 1e-10, side="right") - 1
        running = (on >= 0) & (self.given.end_h[on] > edges + 1e-10)
        rates = np.where(running, self.given.rate[on], 0.0)
        lengths, which = np.unique(np.round(np.diff(edges), 8), return_inverse=True)
        steps = [expm(self.matrix * length) for length in lengths]
        states = [np.zeros(len(self.matrix))]
        states[0][-1] = rates[0]
        for step, rate in zip(which, rates[1:], strict=True):
            states.append(steps[step] @ states[-1])
            states[-1][-1] = rate
        return edges, states

    def amounts(self, hours):
        """Return compartments and effect site by matrix exponentials, not by modes."""
        edges, states = self.stops
        last = int(np.searchsorted(edges, hours, side="right")) - 1
        return (expm(self.matrix * (hours - edges[last])) @ states[last])[:-1]

    def plasma(self, seconds):
        return float(self.set_of.linear.plasma[0, 0] @ self.amounts(seconds / 3600.0)) * self.per

    def effect_site(self, seconds):
        return float(self.set_of.linear.C[0, 0] @ self.amounts(seconds / 3600.0)) * self.per

    @property
    def per(self):
        return self.set_of.per_unit


@cache
def kinetics(model, person):
    return pumped(model, person)


@cache
def by_steps(model, person, site, target, lengthen=False, hours=2.01):
    set_of = kinetics(model, person)
    level = np.array([target / set_of.per_unit])
    aim = Setpoint(0.0, hours, level, NO_LIMIT, site == "effect")
    return Course(set_of, infusions(set_of.controller, [aim], lengthen=lengthen))


@cache
def by_long_steps(model, person, target):
    """Return the pump of the first public program: few steps, each of which ends at the target."""
    set_of = kinetics(model, person)
    controller, level = set_of.controller, np.array([target / set_of.per_unit])
    edges = np.cumsum([0.0, 20.0, 300.0, 600.0, 1200.0, 1480.0]) / 3600.0
    amounts, rates = np.zeros((1, 4)), []
    for length in np.diff(edges):
        rates.append(controller.rate_to(amounts, level, np.array([[length]]))[0, 0])
        decay = np.exp(controller.modes.rate * length)
        steady = controller.modes.steady[:, 0] * rates[-1]
        amounts = steady + decay * (amounts - steady)
    subject = np.zeros(len(rates), dtype=np.int64)
    return Course(set_of, Infusions(subject, edges[:-1], edges[1:], np.array(rates)))


def loaded(row):
    """Return load, Cp at its end, and time and value of the maximum of Ce."""
    set_of = kinetics(row["model"], row["person"])
    level = np.array([float(row["target"]) / set_of.per_unit])
    rate, peak = set_of.controller.load(np.zeros((1, 4)), level, np.array([STEP_H]))
    given = Infusions(np.zeros(1, dtype=np.int64), np.zeros(1), np.array([STEP_H]), rate)
    course = Course(set_of, given)
    at = 10.0 + 3600.0 * peak[0]
    return {
        "load given in 10 s": float(rate[0]) * STEP_H,
        "Cp at the end of the load": course.plasma(10.0),
        "Cp maximum": course.plasma(10.0),
        "time of Ce maximum": at,
        "Ce maximum": course.effect_site(at),
    }


def computed(row):
    quantity, target = row["quantity"], float(row["target"])
    if "load" in quantity or "maximum" in quantity:
        return loaded(row)[quantity]
    if row["algorithm"].startswith("plasma target: load in 20 s"):
        course = by_long_steps(row["model"], row["person"], target)
    else:
        course = by_steps(row["model"], row["person"], row["site"], target)
    time = float(row["time_s"])
    return {
        "infusion rate from": lambda: course.rate(time),
        "infusion rate in the step ending at": lambda: course.rate(time - 10.0),
        "total given by": lambda: course.total(time),
        "Cp at": lambda: course.plasma(time),
        "Ce at": lambda: course.effect_site(time),
    }[quantity]()


@pytest.mark.parametrize(
    "row",
    slow_but(ROWS[::4], ROWS),
    ids=lambda row: row["id"],
)
def test_public_programs_and_references_agree(row):
    kind, size = row["tolerance"].split()
    assert kind == "rel"
    expected = float(row["value"])
    if expected == 1e-12:  # the table's word for nothing
        assert computed(row) == 0.0
    else:
        assert computed(row) == pytest.approx(expected, rel=float(size))


def test_the_table_is_complete():
    assert len(ROWS) == 151
    assert sum(row["kind"] == "code" for row in ROWS) == 46


def ode_plasma(course, times):
    """Return plasma at times, h, by a general solver that stops at each change of the rate."""
    linear, given = course.set_of.linear, course.given
    state, reached, values = np.zeros(len(linear.A[0])), 0.0, []
    for edge in np.unique([*given.start_h, *given.end_h, *times]):
        flow = course.rate(reached * 3600.0) * 60.0
        if edge > reached:
            solved = solve_ivp(
                lambda _, x, flow=flow: linear.A[0] @ x + flow * linear.B[0, 0],
                (reached, edge), state, method="LSODA", rtol=1e-9, atol=1e-12,
            )  # fmt: skip
            state, reached = solved.y[:, -1], edge
        if edge in times:
            values.append(float(linear.plasma[0, 0] @ state) * course.per)
    return np.array(values)


@pytest.mark.parametrize("model", ["Marsh1991", "Minto1997"])
def test_another_solver_finds_plasma_at_the_target(model):
    course = by_steps(model, ADULT, "plasma", 3.0, lengthen=True)
    times = np.linspace(1 / 60, 2.0, 120)
    assert ode_plasma(course, times) == pytest.approx(np.full(120, 3.0), rel=2.5e-3)


@pytest.mark.parametrize("site", ["plasma", "effect"])
@pytest.mark.parametrize("model", ["Schnider1998", "Minto1997"])
def test_longer_steps_give_what_steps_of_ten_seconds_give(model, site):
    short = by_steps(model, ADULT, site, 3.0)
    longer = by_steps(model, ADULT, site, 3.0, lengthen=True)
    assert len(longer.given.rate) < 0.15 * len(short.given.rate)
    assert longer.total(7200.0) == pytest.approx(short.total(7200.0), rel=1e-3)
    for seconds in (600.0, 1790.0, 3600.0):
        assert longer.plasma(seconds) == pytest.approx(short.plasma(seconds), rel=2.5e-3)


def pumps(model, *setpoints, person=ADULT):
    """Return the course of a pump: setpoints are from, until, target, largest rate, effect."""
    set_of = kinetics(model, person)
    aims = [
        Setpoint(first, until, np.array([target / set_of.per_unit]), np.array([most]), effect)
        for first, until, target, most, effect in setpoints
    ]
    return Course(set_of, infusions(set_of.controller, aims))


@pytest.mark.parametrize("effect", [False, True])
def test_a_limit_delays_the_target_and_is_kept(effect):
    most = 1200.0  # ug/h; the free rate begins at 130 ug/min
    course = pumps("Minto1997", (0, 2, 4.0, most, effect))
    assert course.given.rate.max() == most
    assert course.given.rate[0] == most
    read = course.effect_site if effect else course.plasma
    assert read(60.0) < 3.0
    assert read(3600.0) == pytest.approx(4.0, rel=5e-3)
    assert max(read(seconds) for seconds in range(30, 3600, 30)) <= 4.0 * 1.005


def test_a_pump_that_is_too_weak_gives_all_it_can():
    course = pumps("Minto1997", (0, 24, 4.0, 100.0, True))
    assert course.given.rate.tolist() == [100.0]
    assert course.given.end_h.tolist() == [24.0]


@pytest.mark.parametrize("effect", [False, True])
def test_a_step_down_waits_until_the_site_is_there(effect):
    course = pumps("Minto1997", (0.0, 0.5, 4.0, np.inf, effect), (0.5, 1.0, 2.0, np.inf, effect))
    read = course.effect_site if effect else course.plasma
    begins = float(course.given.start_h[course.given.start_h >= 0.5 - 1e-9][0]) * 3600.0
    assert begins > 1830.0
    assert read(begins - 10.0) > read(begins)
    # one step of 10 s crosses the target by no more than this
    assert 2.0 * 0.97 < read(begins) < 2.0 * 1.02
    assert read(begins + 60.0) == pytest.approx(2.0, rel=1e-2)
    assert read(3600.0) == pytest.approx(2.0, rel=5e-3)


def test_after_a_pause_the_pump_counts_what_is_still_there():
    course = pumps("Marsh1991", (0, 1, 3.0, np.inf, False), (1.25, 2, 3.0, np.inf, False))
    first, second = course.rate(0.0), course.rate(1.25 * 3600.0)
    assert course.rate(1.1 * 3600.0) == 0.0
    left_over = course.plasma(1.25 * 3600.0)
    assert 0.0 < left_over < 3.0
    assert second < first * (3.0 - left_over) / 3.0 * 1.5
    assert course.plasma(1.25 * 3600.0 + 10.0) == pytest.approx(3.0, rel=1e-6)


def test_a_subject_does_not_depend_on_the_others():
    controller = kinetics("Minto1997", ADULT).controller
    several = controller.subset(np.zeros(7, dtype=np.int64))
    level, most = np.linspace(1.0, 9.0, 7), np.full(7, np.inf)
    together = infusions(several, [Setpoint(0, 1, level, most, True)])
    for i in range(7):
        alone = infusions(controller, [Setpoint(0, 1, level[[i]], most[[i]], True)])
        own = together.subject == i
        assert (together.rate[own] == alone.rate).all()
        assert (together.end_h[own] == alone.end_h).all()


def test_the_least_value_is_found_between_the_times_too():
    times = np.geomspace([0.1, 0.1], [100.0, 100.0], 20, axis=1)
    value, at = least(lambda t: (np.log(t) - np.log([[2.0], [37.0]])) ** 2, times)
    assert at == pytest.approx([2.0, 37.0], rel=1e-4)
    assert (value < 1e-8).all()
