"""Checks of the list of outputs: intervals in turn, each until a later time."""

from __future__ import annotations

from typing import Any

from oihsim.files.findings import Findings, hours, listed, mapping
from oihsim.files.forms import shown


def check_outputs(findings: Findings, data: dict[str, Any], duration: float | None) -> float:
    """Refuse intervals that do not follow each other up to the end; return how many outputs.

    Parameters
    ----------
    data : the scenario as written
    duration : h; None where it is refused already
    """
    if "output_every" in data:
        findings.refuse(("output_every",), "output_every beside outputs", "one of the two")
    number, begin = 1.0, 0.0
    parts = listed(data.get("outputs"))
    for place, part in enumerate(map(mapping, parts)):
        last = place == len(parts) - 1
        interval, until = hours(part.get("every")), hours(part.get("until"))
        field = ("outputs", place, "until")
        if "until" not in part:
            until = duration if last else None
            if not last:
                findings.refuse(field, "nothing", "a time; only the last one may leave it out")
        elif until is not None and until <= begin:
            findings.refuse(field, shown(part["until"]), f"a time after {begin:g} h")
            until = None
        elif until is not None and duration is not None and until > duration:
            findings.refuse(field, shown(part["until"]), f"at most the end ({duration:g} h)")
        elif last and until is not None and duration is not None and until < duration:
            findings.refuse(field, shown(part["until"]), f"the end ({duration:g} h), or none")
        if until is None or interval is None or interval <= 0.0:
            continue
        if interval > until - begin:
            allowed = f"at most {until - begin:g} h"
            findings.refuse(("outputs", place, "every"), shown(part["every"]), allowed)
        number += max(0.0, (until - begin) / interval)
        begin = max(begin, until)
    return number
