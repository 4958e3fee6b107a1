"""Scenarios with every kind of dose, small enough to run in a moment."""

from functools import cache

import oihsim
from oihsim.files.yaml import parse_yaml
from oihsim.scenario import parse

FIXED = """schema: oihsim-scenario/1
question: Is every dose in the ledger?
duration: 3 d
output_every: 3 h
population: {of: heroin_use, count: 3, seed: 5}
history:
  duration: 2 d
  doses: [{drug: morphine, route: oral, amount: 20 mg, every: 8 h, until: 2 d}]
arms:
  none: {doses: []}
  several:
    doses:
      - {drug: morphine, route: oral, amount: 0.3 mg/kg, every: 8 h, until: 3 d}
      - {drug: ketamine, route: iv, rate: 0.1 mg/kg/h, from: 6 h, until: 50.5 h}
      - {drug: ketamine, route: iv, amount: 10 mg, over: 90 min, times: 4, every: 7 h, from: 40 h}
"""

RULES = """schema: oihsim-scenario/1
question: Is every dose that a rule gave in the ledger?
duration: 12 d
output_every: 4 h
population: {of: chronic_pain, count: 6, seed: 3}
arms:
  plain:
    doses: [{drug: morphine, route: oral_er, amount: 15 mg, every: 12 h, until: 12 d}]
  chase:
    doses: [{drug: ketamine, route: iv, amount: 5 mg, over: 1 h, from: 1 d}]
    rules:
      - name: chasing
        line: {drug: morphine, route: oral_er, amount: 30 mg, every: 12 h, from: 0 d, until: 12 d}
        visits: {every: 1 d, from: 1 d, until: 12 d}
        noise: {pain: 0.8}
        rules:
          - when: [pain > 4, time >= 9 d]
            then: switch
            to: {drug: methadone, route: oral, amount: 5 mg, every: 8 h, after: 12 h}
          - {when: pain > 4, then: raise, by: 50 %}
          - {when: pain < 3, then: pause, for: 2 d}
          - {when: pain < 3.5, then: lower, by: 20 %}
      - name: relief
        visits: {every: 4 h, from: 1 d, until: 11 d}
        rules:
          - when: pain > 4
            then: rescue
            give: {drug: morphine, route: iv, amount: 0.05 mg/kg}
            lock_out: 8 h
"""


def scenario(text, name="rules.yaml"):
    return parse(parse_yaml(text, name))


@cache
def fixed():
    """Return the result of doses by the clock."""
    return oihsim.simulate(scenario(FIXED, "fixed.yaml"))


@cache
def ruled():
    """Return the result of rules that react."""
    return oihsim.simulate(scenario(RULES))


def words(variable):
    """Return the word of each code, '' where there is none."""
    import numpy as np

    return np.array([*variable.attrs["flag_meanings"].split(), ""])[variable.values]


def rows(ds, arm, subject):
    """Return the ledger of one subject: time, amount, duration, drug, route, reason."""
    subject_result = ds.sel(scenario=arm, id=subject).isel(draw=0)
    is_dose = subject_result.dose_drug.values >= 0
    columns = [
        subject_result[f"dose_{name}"].values[is_dose].tolist()
        for name in ("time", "amount", "duration")
    ]
    names = [
        words(subject_result[f"dose_{name}"])[is_dose].tolist()
        for name in ("drug", "route", "reason")
    ]
    return list(zip(*columns, *names, strict=True))
