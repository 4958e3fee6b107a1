"""What comes first at one time: the one table of it, for every way of dosing.

Event records are sorted by it (:mod:`oihsim.events`), schedules for the solver too
(:mod:`oihsim.simulation.schedule`), and every result carries its sentence.
"""

from __future__ import annotations

from oihsim.engine.solver import BOLUS, DECISION, GIVE, RATE, RELEASE
from oihsim.engine.solver import HOLD as HOLD_STATE
from oihsim.engine.solver import RESET as RESET_BODY

STOP, RESET, SWITCH, OBSERVE_FIRST, DECIDE, DOSE, HOLD, OBSERVE = range(8)
"""Classes at one time, in the order in which they happen."""

ORDER: tuple[tuple[int, str], ...] = (
    (STOP, "an infusion stops"),
    (RESET, "a reset (EVID 3, the reset of EVID 4)"),
    (SWITCH, "covariates change, a compartment is switched (EVID 2)"),
    (DECIDE, "rules and rescue doses are judged (scenarios)"),
    (DOSE, "a dose enters: pending ones (ADDL, lagged) first, then those of records"),
    (HOLD, "a mechanism is held or released (scenarios)"),
    (OBSERVE, "an observation (EVID 0); the outputs of a scenario stand before what is judged"),
)
"""Class and what happens, first to last."""

KINDS = (RESET_BODY, BOLUS, RATE, HOLD_STATE, RELEASE, DECISION, GIVE)
"""Entries of a schedule at one time in the order in which its arrays list them. Boluses and rates
only add up, and the solver judges before it applies anything, so this is the table above."""

OBSERVES = ("file", "post", "pre")
"""Where a dose and an observation meet at one time: ``file``, the records in their order, doses
that are pending before both; ``post``, the observation after every dose; ``pre``, before every
dose."""

RULES = ("classes", "record")
"""``classes``: the table above; ``record``: records in file order whatever they are, after stops
and pending doses, as NONMEM has it."""

WORDS = {
    STOP: "stop",
    RESET: "reset",
    SWITCH: "covariate",
    OBSERVE_FIRST: "observation",
    DECIDE: "decision",
    DOSE: "pending dose < dose",
    HOLD: "hold",
    OBSERVE: "observation",
}


def sentence(observe: str = "file", rule: str = "classes") -> str:
    """Return the rule for event records in one line, as results carry it.

    Examples
    --------
    >>> sentence("post")
    'stop < reset < covariate < pending dose < dose < observation'
    >>> sentence(rule="record")
    'stop < pending dose < records in file order'
    """
    if rule == "record":
        return "stop < pending dose < records in file order"
    if observe == "pre":
        return _joined(STOP, RESET, SWITCH, OBSERVE_FIRST, DOSE)
    if observe == "post":
        return _joined(STOP, RESET, SWITCH, DOSE, OBSERVE)
    return f"{_joined(STOP, RESET, SWITCH, DOSE)} and observation, these two in file order"


def scenario_sentence() -> str:
    """Return the rule for the arms of a scenario, whose outputs come first.

    Examples
    --------
    >>> scenario_sentence()
    'stop < observation < decision < pending dose < dose < hold'
    """
    return _joined(STOP, OBSERVE_FIRST, DECIDE, DOSE, HOLD)


def _joined(*classes: int) -> str:
    return " < ".join(WORDS[number] for number in sorted(classes))
