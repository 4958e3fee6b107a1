"""One row of the conformance table: records, a model, and what must come out."""

from dataclasses import dataclass, field
from math import exp, expm1, log

from superposition import amount

HEAD = """schema: oihsim-drug/1
kind: model
parameters: {CL: 1, V: 10, KA: 1, Q: 2, V2: 20, F1: 1, F2: 1, LAG1: 0, LAG2: 0, R1: 5, D1: 4}
compartments:
  depot: {F: F1, lag: LAG1, rate: R1, duration: D1}
  central: {volume: V, F: F2, lag: LAG2, rate: R1, duration: D1}
"""
ONE_COMPARTMENT = (
    HEAD
    + """flows:
  - {from: depot, to: central, rate: KA}
  - {from: central, to: out, rate: CL/V}
"""
)
MODELS = {
    "one": ONE_COMPARTMENT,
    "two": HEAD
    + """  peripheral: {volume: V2}
flows:
  - {from: depot, to: central, rate: KA}
  - {from: central, to: out, rate: CL/V}
  - {from: central, to: peripheral, rate: Q/V}
  - {from: peripheral, to: central, rate: Q/V2}
""",
}


@dataclass(frozen=True)
class Case:
    """Records with what the model must hold at each observation.

    ``records``: the header, then rows, with | between them; cells left out at the end are '.';
    ID is 1. ``expected``: for each observation the terms of the superposition, or a formula.
    ``stated``: numbers given elsewhere, to the digits given there.
    """

    name: str
    rule: str
    records: str
    expected: tuple
    body: str = "one"
    seen: str = "central"
    what: str = "amount"
    stated: tuple = ()
    options: dict = field(default_factory=dict)
    rates: dict = field(default_factory=dict)

    @property
    def csv(self):
        head, *rows = (row.split() for row in self.records.split("|"))
        full = [["1", *row, *["."] * (len(head) - len(row))] for row in rows]
        return "\n".join(",".join(row) for row in [["ID", *head], *full]) + "\n"

    @property
    def times(self):
        head, *rows = (row.split() for row in self.records.split("|"))
        seen = []
        for row in rows:
            cells = dict(zip(head, row, strict=False))
            # without an EVID, a record without a dose is an observation
            dosed = cells.get("AMT", ".") not in {".", "0"} or cells.get("SS", ".") not in {
                ".",
                "0",
            }
            if cells.get("EVID", ".") == "0" or (cells.get("EVID", ".") == "." and not dosed):
                seen.append(float(cells["TIME"]))
        return seen

    @property
    def values(self):
        return [
            eval(expected, {"exp": exp, "expm1": expm1, "log": log})
            if isinstance(expected, str)
            else amount(expected, t, self.body, self.seen, **self.rates)
            for expected, t in zip(self.expected, self.times, strict=True)
        ]
