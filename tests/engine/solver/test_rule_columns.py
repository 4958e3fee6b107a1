"""Compiled rules and the rows that a scenario writes share one list of columns and codes."""

import ast

import pytest

from oihsim.engine.driver import generated_source
from oihsim.engine.solver import RuleArrays, rule_columns
from oihsim.engine.solver.rule_columns import columns_of, filled
from oihsim.simulation import rule_arrays
from oihsim.treatment.rule_sets import ACTIONS, AMOUNT, PART, SENSES, STEPS

TABLES = {"B": "blocks", "O": "options", "R": "rules", "C": "conditions", "Q": "observations"}


def test_columns_of_a_table_count_from_0():
    for prefix in (*TABLES, "L", "G", "D", "K"):
        assert list(columns_of(prefix).values()) == list(range(len(columns_of(prefix))))


def writes_numbers(node):
    """Return whether an assignment gives numbers to several names."""
    return isinstance(node.targets[0], ast.Tuple)


def test_the_generated_module_holds_the_same_numbers():
    tree = ast.parse(generated_source("rules"))
    ours = [node for node in tree.body if isinstance(node, ast.Assign) and writes_numbers(node)]
    compiled = {}
    exec(compile(ast.Module(ours, []), "rules", "exec"), compiled)
    shared = {name: at for name, at in vars(rule_columns).items() if isinstance(at, int)}
    assert len(shared) > 60
    assert {name: compiled[name] for name in shared} == shared


def test_tables_without_rules_are_as_wide_as_their_columns():
    none = RuleArrays.none(2)
    for prefix, field in TABLES.items():
        assert getattr(none, field).shape == (0, len(columns_of(prefix)))


def test_every_word_of_a_rule_has_its_code():
    # the log stores an action as its number in ACTIONS
    assert [rule_arrays.ACTION_CODES[action] for action in ACTIONS] == list(range(len(ACTIONS)))
    assert set(rule_arrays.SENSE_CODES) == set(SENSES)
    assert set(rule_arrays.BY_CODES) == {PART, AMOUNT, STEPS}


def test_a_row_gives_every_column_and_no_other():
    with pytest.raises(KeyError, match="C: limit"):
        filled("C", [{"source": 0, "sense": 1}])
    with pytest.raises(KeyError, match="C: extra"):
        filled("C", [{"source": 0, "sense": 1, "limit": 2, "extra": 3}])
