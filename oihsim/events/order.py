"""What comes first at one time: the one table of it, stored with every result."""

from __future__ import annotations

STOP, RESET, SWITCH, OBSERVE_FIRST, DOSE, OBSERVE = range(6)
"""Classes at one time, in the order in which they happen."""

ORDER: tuple[tuple[int, str], ...] = (
    (STOP, "an infusion stops"),
    (RESET, "a reset (EVID 3, the reset of EVID 4)"),
    (SWITCH, "covariates change, a compartment is switched (EVID 2)"),
    (DOSE, "a dose enters: pending ones (ADDL, lagged) first, then those of records"),
    (OBSERVE, "an observation (EVID 0)"),
)
"""Class and what happens, first to last."""

OBSERVES = ("file", "post", "pre")
"""Where a dose and an observation meet at one time: ``file``, the records in their order, doses
that are pending before both; ``post``, the observation after every dose; ``pre``, before every
dose."""

RULES = ("classes", "record")
"""``classes``: the table above; ``record``: records in file order whatever they are, after stops
and pending doses, as NONMEM has it."""


def sentence(observe: str = "file", rule: str = "classes") -> str:
    """Return the rule in one line, as results carry it.

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
        return "stop < reset < covariate < observation < pending dose < dose"
    if observe == "post":
        return "stop < reset < covariate < pending dose < dose < observation"
    return "stop < reset < covariate < pending dose < dose and observation, these two in file order"
