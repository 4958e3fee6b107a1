"""What event records may say, whatever the model; all flaws of a table at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oihsim.errors import Problem
from oihsim.events.refusals import number, refusal

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

MOST_DOSES = 1_000_000_000

LONGEST = 1e6
"""Time units from 0 to the first or last record; a longer time is a slip."""


def check(
    name: str,
    rows: NDArray[np.int64],
    labels: NDArray[Any],
    subject: NDArray[np.int64],
    time: Array,
    evid: Array,
    dosing: Mapping[str, Array],
    problems: list[Problem],
) -> None:
    """Note every record that breaks a rule of the event table."""

    def refuse(bad: Flags, column: str, value: Array, allowed: str) -> None:
        for k in np.flatnonzero(bad):
            found, label = number(float(value[k])), labels[subject[k]]
            problems.append(refusal(name, int(rows[k]), column, found, allowed, label))

    later = np.zeros(len(time), dtype=bool)
    later[1:] = (np.diff(subject) == 0) & (np.diff(time) < 0)
    refuse(later, "TIME", time, "a time not before that of the record above it")
    refuse(np.abs(time) > LONGEST, "TIME", time, f"a time from {-LONGEST:g} to {LONGEST:g}")
    known = np.isin(evid, [0, 1, 2, 3, 4])
    refuse(~known, "EVID", evid, "0 observation, 1 dose, 2 other, 3 reset or 4 reset and dose")
    dose = np.isin(evid, [1, 4])
    for column, value in dosing.items():
        idle = known & ~dose & (value != 0)
        refuse(idle, column, value, f"0 or '.', as only EVID 1 and 4 use {column}")
    _amounts(dose, dosing, refuse)
    _repeats(dose, dosing, refuse)


def _amounts(dose: Flags, dosing: Mapping[str, Array], refuse: Any) -> None:
    """Note impossible amounts, rates and durations."""
    amt, rate, dur = dosing["AMT"], dosing["RATE"], dosing["DUR"]
    ii, ss = dosing["II"], dosing["SS"]
    constant = dose & (ss > 0) & (amt == 0) & (rate != 0)
    refuse(dose & (amt < 0), "AMT", amt, "an amount above 0")
    empty = dose & (amt == 0) & ~constant
    refuse(empty, "AMT", amt, "an amount above 0 (0 only for a constant infusion with SS)")
    strange = dose & ~((rate >= 0) | (rate == -1) | (rate == -2))
    refuse(strange, "RATE", rate, "0, a positive rate, -1 (modelled rate) or -2 (duration)")
    refuse(dose & (dur < 0), "DUR", dur, "0 or a duration above 0")
    refuse(dose & (dur > 0) & (rate != 0), "DUR", dur, "RATE or DUR, not both")
    refuse(constant & (rate == -2), "RATE", rate, "a rate or -1 for a constant infusion")
    refuse(constant & (ii > 0), "II", ii, "0 for a constant infusion")


def _repeats(dose: Flags, dosing: Mapping[str, Array], refuse: Any) -> None:
    """Note impossible intervals, repeats and steady states."""
    amt, rate, ii, addl, ss = (dosing[key] for key in ("AMT", "RATE", "II", "ADDL", "SS"))
    constant = dose & (ss > 0) & (amt == 0) & (rate != 0)
    refuse(dose & (ii < 0), "II", ii, "0 or an interval above 0")
    refuse(dose & (addl < 0), "ADDL", addl, "0 or more; steady state is asked for by SS")
    broken = dose & (addl > 0) & ((addl != np.floor(addl)) | (addl > MOST_DOSES))
    refuse(broken, "ADDL", addl, f"a whole number of additional doses, at most {MOST_DOSES}")
    refuse(dose & (addl > 0) & (ii <= 0) & ~constant, "ADDL", addl, "0, or an II above 0")
    refuse(constant & (addl > 0), "ADDL", addl, "0 for a constant infusion")
    steady = np.isin(ss, [0, 1, 2])
    allowed = "0, 1 (reset to steady state) or 2 (add the steady state)"
    refuse(dose & ~steady & (ss != 3), "SS", ss, allowed)
    # SS=3 asks for a search that starts from the amounts that are there
    refuse(dose & (ss == 3), "SS", ss, f"{allowed}; a steady state is solved here, not searched "
           "for from what is there: SS=1 gives what SS=3 would")  # fmt: skip
    lone = dose & steady & (ss > 0) & (ii <= 0) & ~constant
    refuse(lone, "SS", ss, "an II above 0, or AMT 0 and a RATE for a constant infusion")
    useless = dose & (ss == 0) & (addl == 0) & (ii > 0)
    refuse(useless, "II", ii, "0, or ADDL or SS that use it")
