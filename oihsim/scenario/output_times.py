"""When a scenario writes its outputs: at an interval, at several in turn, and where endpoints read.

The functions read the resolved form, whose times are in h.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from oihsim.results.endpoints import ENDPOINTS
from oihsim.treatment.arm import TIME_DECIMALS
from oihsim.treatment.doses.dose_table import hours_text


def stretches(resolved: Mapping[str, Any]) -> list[tuple[float, float]]:
    """Return the intervals between outputs in turn, each with its end, h."""
    end = float(resolved["duration_h"])
    if not resolved.get("outputs"):
        return [(float(resolved["output_every_h"]), end)]
    return [
        (float(part["every_h"]), end if part["until_h"] is None else float(part["until_h"]))
        for part in resolved["outputs"]
    ]


def regular_times(resolved: Mapping[str, Any]) -> list[float]:
    """Return the times of the outputs that the scenario asks for, h, from 0 to the end.

    Examples
    --------
    >>> dense_then_sparse = [{"every_h": 0.5, "until_h": 1.0}, {"every_h": 2.0, "until_h": None}]
    >>> regular_times({"duration_h": 6.0, "outputs": dense_then_sparse})
    [0.0, 0.5, 1.0, 3.0, 5.0, 6.0]
    """
    times: set[float] = set()
    begin, end = 0.0, round(float(resolved["duration_h"]), TIME_DECIMALS)
    for interval, until in stretches(resolved):
        steps = math.floor((until - begin) / interval + 1e-9)
        times |= {round(begin + k * interval, TIME_DECIMALS) for k in range(steps + 1)}
        # the end of a stretch is an output even where the interval does not divide the stretch
        begin = round(until, TIME_DECIMALS)
        times.add(begin)
    return [*sorted(time for time in times if time < end), end]


def endpoint_times(resolved: Mapping[str, Any]) -> list[float]:
    """Return the times at which windows of endpoints begin or end, h, as far as no output is there.

    Examples
    --------
    >>> window = {"endpoint": "pain_mean", "from_h": 0.0, "until_h": 1.5}
    >>> endpoint_times({"duration_h": 6.0, "output_every_h": 1.0,
    ...     "compare": {"endpoints": [window]}})
    [1.5]
    """
    edges = {
        round(float(edge), TIME_DECIMALS)
        for window in resolved["compare"]["endpoints"]
        for edge in _edges(window)
    }
    return sorted(edges - set(regular_times(resolved))) if edges else []


def _edges(window: Mapping[str, Any]) -> list[float]:
    """Return where a window begins and ends, and where the last hours that count begin."""
    begin, end = window["from_h"], window["until_h"]
    endpoint = ENDPOINTS.get(window["endpoint"])
    if endpoint is None or endpoint.accumulation is None:
        return [begin, end]
    return [begin, end, max(begin, end - endpoint.accumulation.last_h)]


def outputs_text(resolved: Mapping[str, Any]) -> str:
    """Return how many outputs there are, and when, in words.

    Examples
    --------
    >>> outputs_text({"duration_h": 6.0, "output_every_h": 2.0, "compare": {"endpoints": []}})
    '4 outputs, every 2 h'
    """
    added = endpoint_times(resolved)
    number = len(regular_times(resolved)) + len(added)
    parts = stretches(resolved)
    texts = [
        f"every {hours_text(interval)} until {hours_text(until)}" for interval, until in parts[:-1]
    ]
    texts.append(f"every {hours_text(parts[-1][0])}")
    besides = ", and where endpoints begin or end" if added else ""
    return f"{number} outputs, {', then '.join(texts)}{besides}"
