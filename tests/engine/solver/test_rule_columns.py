"""Compiled rules and the rows that a scenario writes share one list of columns and codes."""

import ast
from collections import Counter

import pytest

from oihsim.engine.driver import generated_source
from oihsim.engine.solver import GENERATED, RuleArrays, rule_columns
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


def names_bound(node):
    """Return the names that a statement at the top of a module binds."""
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [
        name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)
    ]


@pytest.mark.parametrize("module", GENERATED)
def test_no_name_of_a_generated_module_is_bound_twice(module):
    """Its parts share one namespace: a column would silently replace the row of an address."""
    tree = ast.parse(generated_source(module))
    names = Counter(name for node in tree.body for name in names_bound(node))
    assert len(names) > 50
    assert [name for name, count in names.items() if count > 1] == []


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
        filled("C", [{"source": 0, "sense": 1, "compared": 0, "over": 0}])
    with pytest.raises(KeyError, match="C: extra"):
        filled("C", [{"source": 0, "sense": 1, "limit": 2, "compared": 0, "over": 0, "extra": 3}])
