"""Rules of event records for any model; every flaw of a table is noted at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oihsim.events.refusals import number, refusal
from oihsim.files.errors import Problem

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

EVIDS = (0, 1, 2, 3, 4)

MOST_DOSES = 1_000_000_000

LONGEST = 1e6
"""Time units from 0 to the first or last record; a longer time is a mistake."""


def check(
    name: str,
    rows: NDArray[np.int64],
    labels: NDArray[Any],
    subject: NDArray[np.int64],
    time: Array,
    evid: Array,
    dosing: Mapping[str, Array],
    problems: list[Problem],
    unread: Mapping[str, Flags],
) -> None:
    """Note every record that breaks a rule of the event table.

    Values that are ``unread`` have been noted already: TIME and EVID are NaN there, other columns
    0, and no rule applies to them. A record with an invalid EVID is judged as a dose, except by the
    rules of what a dose needs.
    """

    def refuse(
        bad: Flags, column: str, value: Array, allowed: str, also: tuple[str, ...] = ()
    ) -> None:
        for word in (column, *also):
            bad = bad & ~unread[word]
        for k in np.flatnonzero(bad):
            shown, label = number(float(value[k])), labels[subject[k]]
            problems.append(refusal(name, int(rows[k]), column, shown, allowed, label))

    later = np.zeros(len(time), dtype=bool)
    later[1:] = (np.diff(subject) == 0) & (np.diff(time) < 0)
    refuse(later, "TIME", time, "a time not before that of the record above it")
    refuse(np.abs(time) > LONGEST, "TIME", time, f"a time from {-LONGEST:g} to {LONGEST:g}")
    known = np.isin(evid, EVIDS)
    refuse(~known, "EVID", evid, "0 observation, 1 dose, 2 other, 3 reset or 4 reset and dose")
    dose = np.isin(evid, [1, 4])
    for column, value in dosing.items():
        idle = known & ~dose & (value != 0)
        refuse(idle, column, value, f"0 or '.', as only EVID 1 and 4 use {column}")
    amt, rate, ss = dosing["AMT"], dosing["RATE"], dosing["SS"]
    # AMT 0 belongs to a constant infusion, unless a value that cannot be read may decide otherwise
    maybe = ((ss > 0) | unread["SS"]) & (amt == 0) & ((rate != 0) | unread["RATE"])
    empty = dose & (amt == 0) & ~maybe
    refuse(empty, "AMT", amt, "an amount above 0 (0 only for a constant infusion with SS)")
    dose |= ~known
    constant = dose & maybe & ~(unread["SS"] | unread["AMT"] | unread["RATE"])
    _amounts(dose, constant, dosing, refuse)
    _repeats(dose, constant, dose & maybe, dosing, refuse)


def _amounts(dose: Flags, constant: Flags, dosing: Mapping[str, Array], refuse: Any) -> None:
    """Note impossible amounts, rates and durations."""
    amt, rate, dur, ii = (dosing[key] for key in ("AMT", "RATE", "DUR", "II"))
    refuse(dose & (amt < 0), "AMT", amt, "an amount above 0")
    strange = dose & ~((rate >= 0) | (rate == -1) | (rate == -2))
    refuse(strange, "RATE", rate, "0, a positive rate, -1 (modelled rate) or -2 (duration)")
    refuse(dose & (dur < 0), "DUR", dur, "0 or a duration above 0")
    refuse(dose & (dur > 0) & (rate != 0), "DUR", dur, "RATE or DUR, not both")
    refuse(constant & (rate == -2), "RATE", rate, "a rate or -1 for a constant infusion")
    refuse(constant & (ii > 0), "II", ii, "0 for a constant infusion")


def _repeats(
    dose: Flags, constant: Flags, maybe: Flags, dosing: Mapping[str, Array], refuse: Any
) -> None:
    """Note impossible intervals, repeats and steady states.

    ``maybe`` are the doses that may be constant infusions, ``constant`` those that are.
    """
    ii, addl, ss = (dosing[key] for key in ("II", "ADDL", "SS"))
    refuse(dose & (ii < 0), "II", ii, "0 or an interval above 0")
    refuse(dose & (addl < 0), "ADDL", addl, "0 or more; SS requests a steady state")
    broken = dose & (addl > 0) & ((addl != np.floor(addl)) | (addl > MOST_DOSES))
    refuse(broken, "ADDL", addl, f"a whole number of additional doses, at most {MOST_DOSES}")
    refuse(dose & (addl > 0) & (ii <= 0) & ~maybe, "ADDL", addl, "0, or an II above 0",
           also=("II",))  # fmt: skip
    refuse(constant & (addl > 0), "ADDL", addl, "0 for a constant infusion")
    steady = np.isin(ss, [0, 1, 2])
    allowed = "0, 1 (reset to steady state) or 2 (add the steady state)"
    refuse(dose & ~steady & (ss != 3), "SS", ss, allowed)
    # SS=3 asks for a search that starts from the present amounts
    refuse(dose & (ss == 3), "SS", ss, f"{allowed}; the steady state is solved and not searched "
           "for from the present amounts, so that SS=1 gives the result of SS=3")  # fmt: skip
    lone = dose & steady & (ss > 0) & (ii <= 0) & ~maybe
    refuse(lone, "SS", ss, "an II above 0, or AMT 0 and a RATE for a constant infusion",
           also=("II",))  # fmt: skip
    useless = dose & (ss == 0) & (addl == 0) & (ii > 0)
    refuse(useless, "II", ii, "0, or ADDL or SS that use it", also=("ADDL", "SS"))
