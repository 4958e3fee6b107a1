"""A table of a million event records (10,000 subjects) read, expanded, run and written.

    python -m benchmarks.event_table                    writes benchmarks/results/event_table.json
    python -m benchmarks.event_table --subjects 500     quick; nothing is stored

Clearance, volume and observation times differ between subjects. A subject has 100 records: 20 dose
records (boluses into a depot with lag and bioavailability, infusions, additional doses, one steady
state) and 80 observations. The model has two compartments and a depot; all numbers are invented.
Each phase is timed once; the memory is the largest of the process so far.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import peak_megabytes

MODEL = """schema: oihsim-drug/1
kind: model
parameters: {KA: 1, Q: 2, V2: 20, BIO: 0.6, LAGT: 0.25}
compartments:
  depot: {F: BIO, lag: LAGT}
  central: {volume: V}
  peripheral: {volume: V2}
flows:
  - {from: depot, to: central, rate: KA}
  - {from: central, to: out, rate: CL/V}
  - {from: central, to: peripheral, rate: Q/V}
  - {from: peripheral, to: central, rate: Q/V2}
"""

DOSES, OBSERVATIONS = 20, 80


def write_table(path: Path, subjects: int) -> int:
    """Write the table; return the number of records."""
    rng = np.random.default_rng(1)
    lines = ["ID,TIME,EVID,AMT,RATE,II,ADDL,SS,CMT,CL,V"]
    for i in range(1, subjects + 1):
        cl, v = np.exp(rng.normal([0.0, 2.3], 0.3))
        covariates = f"{cl:.5f},{v:.5f}"
        rows = [(0.0, "1,40,0,12,0,1,1")]
        for k in range(1, DOSES):
            at = 24.0 * k
            kind = k % 3
            text = ("1,100,0,0,0,0,1", "1,50,25,0,0,0,2", "1,20,0,6,2,0,1")[kind]
            rows.append((at, text))
        rows += [(at, "0,0,0,0,0,0,0") for at in rng.uniform(0.0, 24.0 * DOSES, OBSERVATIONS)]
        lines += [f"{i},{at:.3f},{text},{covariates}" for at, text in sorted(rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines) - 1


def measure(subjects: int) -> dict[str, Any]:
    """Run every phase once; return seconds and memory."""
    from oihsim.drugs.linear_model_file import read_linear_model
    from oihsim.events.advance import advance
    from oihsim.events.event_table import read_table
    from oihsim.events.expand import expand
    from oihsim.events.linear_run import run_events
    from oihsim.events.match import match

    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        data, file, out = (Path(folder) / name for name in ("data.csv", "model.yaml", "out.csv"))
        file.write_text(MODEL, encoding="utf-8")
        records = write_table(data, subjects)
        imported = peak_megabytes()
        marks = [time.perf_counter()]
        table = read_table(data)
        marks.append(time.perf_counter())
        matched = match(table, read_linear_model(file))
        ledger = expand(matched)
        marks.append(time.perf_counter())
        advance(ledger)
        marks.append(time.perf_counter())
        entries, memory = len(ledger), peak_megabytes()
        del table, matched, ledger
        run_events(file, data, ["central_concentration"]).write(out)
        marks.append(time.perf_counter())
        peak = peak_megabytes()
    for name, begin, end in zip(
        ("read", "expand", "advance", "all of it, written"), marks[:-1], marks[1:], strict=True
    ):
        seconds[name] = end - begin
    return {
        "subjects": subjects,
        "records": records,
        "ledger_entries": entries,
        "seconds": seconds,
        "megabytes": {"before": imported, "after advance": memory, "peak": peak},
    }


def main() -> None:
    """Measure and print; store the full size."""
    parser = argparse.ArgumentParser(description="A table of a million event records")
    parser.add_argument("--subjects", type=int, default=10_000, help="subjects, 10000")
    options = parser.parse_args()
    from benchmarks.machine import commit, description, store

    before = description()
    measurement = measure(options.subjects)
    print(f"{measurement['records']} records of {measurement['subjects']} subjects, "
          f"{measurement['ledger_entries']} entries in the ledger")  # fmt: skip
    for name, seconds in measurement["seconds"].items():
        print(f"  {name:22}{seconds:8.2f} s")
    for name, megabytes in measurement["megabytes"].items():
        print(f"  memory {name:15}{megabytes:8.0f} MB")
    if options.subjects == 10_000:
        path = store("event_table", {"commit": commit(), "machine": before, **measurement})
        print(f"written: benchmarks/results/{path.name}")


if __name__ == "__main__":
    main()
