"""The decision log: at every decision point what was observed, which rule, what it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from oihsim.engine.solver.rule_columns import (
    D_ACTION,
    D_AFTER,
    D_BEFORE,
    D_BLOCK,
    D_RULE,
    D_TIME,
    columns_of,
)
from oihsim.simulation.dose_ledger import PADDING, counted, flags, flat
from oihsim.treatment.rule_sets import ACTIONS

if TYPE_CHECKING:
    from oihsim.simulation.arm_run import ArmRun

DIMS = ("scenario", "draw", "id", "decision")
COORDINATES = ("decision", "observation", "observation_units")

NONE = "none"
"""Where no rule matched."""

FIXED = len(columns_of("D"))
"""Columns before the observed values."""


def decision_variables(runs: Sequence[ArmRun], units: Mapping[str, str]) -> dict[str, Any]:
    """Return the decisions of a result's arms as its variables; nothing if no arm has rules.

    Parameters
    ----------
    runs : one per arm
    units : of what may be observed, by name

    Returns
    -------
    name -> (dims, values, attributes)
        codes are numbers of ``flag_meanings``, :data:`oihsim.simulation.dose_ledger.PADDING` behind
        the last decision of a subject; numbers are NaN there. ``decision_observed`` has a further
        dim ``observation``, with NaN where the block does not read it
    """
    ruled = [arm_run.reactions for arm_run in runs if arm_run.reactions is not None]
    if not ruled:
        return {}
    blocks = list(dict.fromkeys(block.name for reactions in ruled for block in reactions.blocks))
    rules = list(
        dict.fromkeys(
            f"{block}/{rule.name}" for reactions in ruled for block, rule in reactions.rules
        )
    )
    # rules that read only dose and time observe nothing: one empty column, as files need one
    observed = list(dict.fromkeys(name for reactions in ruled for name in reactions.observed)) or [
        NONE
    ]
    most = max(1, *(len(rows) for arm_run in runs for rows in arm_run.run.decisions))
    values, seen = _columns(runs, blocks, rules, observed, most)
    attributes: dict[str, dict[str, Any]] = {
        "time": {"units": "h", "long_name": "time of the decision"},
        "block": {"long_name": "block whose rules were judged", **flags(blocks)},
        "rule": {"long_name": "first rule that matched", **flags([NONE, *rules])},
        "action": {"long_name": "what the rule did", **flags([NONE, *ACTIONS])},
        "dose_before": {"units": "1", "long_name": f"{DOSE} before the decision"},
        "dose_after": {"units": "1", "long_name": f"{DOSE} after the decision"},
    }
    variables: dict[str, Any] = {
        f"decision_{name}": (DIMS, values[name], attrs) for name, attrs in attributes.items()
    }
    attrs = {
        "units": "1",
        "long_name": "what was observed, in its unit, measurement noise included",
    }
    variables["decision_observed"] = ((*DIMS, "observation"), seen, attrs)
    variables["decision"] = counted("decision", most, "number of the decision")
    variables["observation"] = ("observation", observed, {"long_name": "what rules observe"})
    variables["observation_units"] = (
        "observation",
        # observed with noise by several blocks, a name is followed by that of the block
        [units.get(name.split(" (")[0], "1") for name in observed],
        {"long_name": "unit of what rules observe"},
    )
    return variables


DOSE = "one dose of the block's line, as labelled (per kg where it is written so),"


def _columns(
    runs: Sequence[ArmRun], blocks: Sequence[str], rules: Sequence[str], observed: Sequence[str],
    most: int,
) -> tuple[dict[str, Any], Any]:  # fmt: skip
    """Return the columns of the log by name, and what was observed."""
    shape = (len(runs), 1, len(runs[0].run.status), most)
    numbers = {name: np.full(shape, np.nan) for name in ("time", "dose_before", "dose_after")}
    codes = {name: np.full(shape, PADDING, dtype=np.int16) for name in ("block", "rule", "action")}
    seen = np.full((*shape, len(observed)), np.nan)
    for i, arm_run in enumerate(runs):
        if arm_run.reactions is None:
            continue
        width = FIXED + len(arm_run.reactions.observed)
        rows, subject, place, _ = flat(arm_run.run.decisions, width)
        at = (i, 0, subject, place)
        block, rule, action = (rows[:, k].astype(np.int64) for k in (D_BLOCK, D_RULE, D_ACTION))
        numbers["time"][at] = rows[:, D_TIME]
        numbers["dose_before"][at] = rows[:, D_BEFORE]
        numbers["dose_after"][at] = rows[:, D_AFTER]
        block_codes = [blocks.index(block.name) for block in arm_run.reactions.blocks]
        codes["block"][at] = np.array(block_codes)[block]
        # 0 stands for none, which is -1 in the rows
        named = [1 + rules.index(f"{block}/{rule.name}") for block, rule in arm_run.reactions.rules]
        codes["rule"][at] = np.array([0, *named])[rule + 1]
        codes["action"][at] = action + 1
        for k, name in enumerate(arm_run.reactions.observed):
            seen[(*at, observed.index(name))] = rows[:, FIXED + k]
    return numbers | codes, seen
