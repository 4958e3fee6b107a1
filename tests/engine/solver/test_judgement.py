"""Rules judged in compiled code against a book kept in plain Python, and the laws of each rule."""

import numpy as np
import pytest
from judged_by_hand import judge

from oihsim.drugs import load_drug
from oihsim.engine.compiled_model import Model
from oihsim.engine.solver import STATUS
from oihsim.files.errors import ModelError
from oihsim.results.sensory import TESTS, sensory_tests
from oihsim.scenario.population import Population
from oihsim.simulation.cohort import Cohort
from oihsim.simulation.rule_arrays import held, react
from oihsim.simulation.subjects import draw_subjects
from oihsim.treatment.arm import Arm
from oihsim.treatment.rule_sets import ACTIONS, SENSES, Condition, DoseLine, Rule, RuleSet

MODEL = Model.named()
DRUGS = {name: load_drug(name) for name in ("morphine", "methadone", "gabapentin", "ketamine")}
LADDER = (5.0, 10.0, 15.0, 30.0, 45.0, 60.0, 90.0)


def run(blocks, days=20, n=3, seed=2, typical=False, late=(), every=12.0):
    end = 24.0 * days + 1e-9
    values = draw_subjects(MODEL, DRUGS, Population.load("chronic_pain"), n, seed, typical=typical)
    cohort = Cohort.of(MODEL, DRUGS, Arm("a", (), rules=tuple(blocks)), values)
    reactions = react(cohort, end, seed, typical=typical, late=late)
    t = np.arange(0.0, 24.0 * days + 0.1, every)
    result = cohort.run(t, cohort.schedule(end), rules=reactions.arrays)
    return reactions, result, t


def told(found, result, i):
    """Return decisions, doses and observations of a subject in words."""
    names = [rule.name for _, rule in found.rules]
    decisions = [
        (row[0], int(row[1]), names[int(row[2])] if row[2] >= 0 else None,
         ACTIONS[int(row[3])] if row[3] >= 0 else None, row[4], row[5])
        for row in result.decisions[i]
    ]  # fmt: skip
    keys = [(block, rule.name) for block, rule in found.rules]
    doses = [
        (row[0], found.options[int(row[1])].drug, row[2],
         keys[int(row[3])] if row[3] >= 0 else None)
        for row in result.given[i]
    ]  # fmt: skip
    seen = [dict(zip(found.observed, row[6:], strict=True)) for row in result.decisions[i]]
    return decisions, doses, seen


def line(rng, ladder, **fields):
    choice = {
        "every_h": float(rng.choice([6.0, 8.0, 12.0])),
        "ladder": LADDER if ladder else (),
        "low": float(rng.choice([0.0, 10.0])), "high": float(rng.choice([60.0, np.inf])),
        "largest": float(rng.choice([np.inf, 20.0])), "per_h": float(rng.choice([24.0, 72.0])),
    }  # fmt: skip
    if rng.random() < 0.3:
        choice |= {"largest": 0.6, "largest_is_part": True}
    return DoseLine(**({"drug": "morphine", "route": "oral", "amount": 30.0} | choice | fields))


def random_block(rng, name):
    ladder = rng.random() < 0.6
    rules = []
    for k in range(rng.integers(1, 7)):
        action = str(rng.choice(ACTIONS))
        reads = [str(one) for one in rng.choice(["pain", "dose", "time"], rng.integers(0, 3))]
        limits = {"pain": (0.0, 8.0), "dose": (10.0, 60.0), "time": (0.0, 480.0)}
        when = tuple(
            Condition(one, str(rng.choice(SENSES)), float(rng.uniform(*limits[one])))
            for one in reads
        )
        kinds = ["part", "amount", "steps"] if ladder else ["part", "amount"]
        kind = str(rng.choice(kinds))
        by = {"part": rng.uniform(0.05, 0.9), "amount": rng.uniform(3.0, 40.0),
              "steps": float(rng.integers(1, 3))}[kind]  # fmt: skip
        target = None
        if action == "rescue":
            target = DoseLine("morphine", "iv", float(rng.uniform(1.0, 5.0)))
        if action == "switch":
            target = DoseLine("methadone", "oral", 10.0, every_h=8.0)
            if rng.random() < 0.5:
                target = line(rng, ladder, drug="methadone", amount=0.0, ratio=0.4, after_h=6.0)
        rules.append(
            Rule(
                f"r{k}", action, when, float(by), kind, target,
                for_h=float(rng.choice([24.0, np.inf])), confirm=int(rng.integers(1, 3)),
                lock_out_h=float(rng.choice([0.0, 48.0])), most=int(rng.choice([0, 2])),
                per_h=72.0,
            )
        )  # fmt: skip
    visits = tuple(np.arange(rng.uniform(0.0, 30.0), 480.0, rng.choice([5.0, 24.0])).round(9))
    own = line(rng, ladder, from_h=float(rng.choice([0.0, 13.0])), until_h=400.0)
    return RuleSet(name, visits, tuple(rules), own, {"pain": 0.8})


@pytest.mark.parametrize("seed", [*range(10), 100, 147])
def test_every_decision_and_dose_is_that_of_the_book(seed):
    rng = np.random.default_rng(seed)
    blocks = [random_block(rng, name) for name in ("one", "two")]
    found, result, _ = run(blocks, seed=seed)
    end = 480.0 + 1e-9
    acted = set()
    for i in range(3):
        assert STATUS[result.status[i]] == "ok"
        decisions, doses, seen = told(found, result, i)
        expected, given = judge(blocks, held(blocks, end), seen, end)
        assert [one[:4] for one in decisions] == [one[:4] for one in expected]
        np.testing.assert_allclose(
            [one[4:] for one in decisions], [one[4:] for one in expected], rtol=1e-12
        )
        key = lambda one: (one[0], one[1], one[2])  # noqa: E731
        assert [(*one[:2], one[3]) for one in sorted(doses, key=key)] == [
            (*one[:2], one[3]) for one in sorted(given, key=key)
        ]
        np.testing.assert_allclose(
            sorted(one[2] for one in doses), sorted(one[2] for one in given), rtol=1e-12
        )
        acted |= {one[3] for one in decisions}
    assert acted


@pytest.mark.slow
def test_subjects_do_not_see_each_other_nor_the_number_of_them():
    rng = np.random.default_rng(5)
    blocks = [random_block(rng, "one")]
    _, few, _ = run(blocks, n=2)
    _, many, _ = run(blocks, n=5)
    for i in range(2):
        assert np.array_equal(few.decisions[i], many.decisions[i], equal_nan=True)
        assert np.array_equal(few.y[i], many.y[i])


def test_what_is_observed_is_what_the_result_says():
    """Every kind of observation without noise, against the output of the same time."""
    reads = ("pain", MODEL.linked.states[0].name, "morphine_plasma_concentration",
             "morphine_effect_site_concentration", "withdrawal_intensity")  # fmt: skip
    rule = Rule("r", "hold", tuple(Condition(one, ">", 0.0) for one in reads))
    block = RuleSet(
        "b", (24.0, 60.0, 61.0), (rule,), DoseLine("morphine", "oral", 30.0, every_h=12)
    )
    found, result, _ = run([block], days=3, every=1.0)
    ligands = result.concentrations.shape[2] // 2
    names = [output.name for output in MODEL.linked.outputs]
    for i in range(3):
        for row in result.decisions[i]:
            at = int(row[0])
            excess = result.outputs[i, at, names.index("cyclic_amp_excess")]
            expected = (
                result.outputs[i, at, names.index("pain")], result.y[i, at, 0],
                *result.concentrations[i, at, [ligands, 0]], excess / (excess + 0.1),
            )  # fmt: skip
            assert found.observed == reads
            np.testing.assert_allclose(row[6:], expected, rtol=1e-12)


def test_a_sensory_test_is_seen_as_the_sensory_module_measures_it():
    import xarray as xr

    names = (
        "cold_pressor_tolerance", "hyperalgesia_area_capsaicin", "cold_pain_rating",
        "punctate_pain_threshold_wound", "temporal_summation", "conditioned_pain_modulation",
    )  # fmt: skip
    rule = Rule("r", "hold", tuple(Condition(one, ">", 0.0) for one in names))
    noise = dict.fromkeys(names, 0.0)
    dosing = DoseLine("morphine", "oral", 60.0, every_h=12)
    block = RuleSet("b", (0.0, 30.0, 100.0), (rule,), dosing, noise)
    found, result, t = run([block], days=5, every=1.0, seed=9)
    dims = ("scenario", "draw", "id", "time")
    variables = {
        output.name: (dims, result.outputs[None, None, :, :, k])
        for k, output in enumerate(MODEL.linked.outputs)
    }
    ds = sensory_tests(xr.Dataset(variables, {"time": t}), names, seed=9, noise=False,
                       typical=False)  # fmt: skip
    for i in range(3):
        for row in result.decisions[i]:
            expected = [ds[one].values[0, 0, i, int(row[0])] for one in found.observed]
            np.testing.assert_allclose(row[6:], expected, rtol=1e-12)
    assert set(found.observed) == set(names) <= set(TESTS)
    # one test of each form at least
    assert {type(TESTS[name]) for name in names} == {type(test) for test in TESTS.values()}


def test_a_test_that_earlier_tests_sensitise_is_no_observation():
    rule = Rule("r", "hold", (Condition("heat_pain_rating_repeated", ">", 5.0),))
    with pytest.raises(ModelError, match="cannot read the sensory test 'heat_pain_rating_rep"):
        run([RuleSet("b", (0.0,), (rule,), DoseLine("morphine", "oral", 10.0, every_h=12.0))])


def test_measurement_noise_has_the_spread_it_is_given_and_none_in_the_typical_subject():
    rule = Rule("r", "hold", (Condition("pain", ">", 0.0),))
    visits = tuple(np.arange(0.0, 240.0, 6.0))
    quiet = RuleSet("quiet", visits, (rule,), DoseLine("morphine", "oral", 30.0, every_h=12))
    noisy = RuleSet("noisy", visits, (rule,), noise={"pain": 0.8})
    found, result, _ = run([quiet, noisy], days=10, n=8)
    assert found.observed == ("pain (quiet)", "pain (noisy)")
    errors = np.concatenate(
        [log[log[:, 1] == 1, 7] - log[log[:, 1] == 0, 6] for log in result.decisions]
    )
    assert abs(errors.std() - 0.8) < 4 * 0.8 / np.sqrt(2 * len(errors))
    assert abs(errors.mean()) < 4 * 0.8 / np.sqrt(len(errors))
    found, result, _ = run([quiet, noisy], days=10, n=1, typical=True)
    log = result.decisions[0]
    assert np.array_equal(log[log[:, 1] == 1, 7], log[log[:, 1] == 0, 6])


def test_a_route_that_depends_on_the_dose_follows_the_ladder_and_needs_one():
    ladder = (100.0, 300.0, 600.0, 1200.0)
    rules = (Rule("up", "raise", (), 1.0, "steps"),)
    base = DoseLine("gabapentin", "oral", 100.0, every_h=8.0, ladder=ladder)
    found, result, _ = run([RuleSet("b", (24.0, 48.0, 72.0), rules, base)], days=5, n=1)
    assert result.given[0][:, 2].tolist() == [100.0] * 3 + [300.0] * 3 + [600.0] * 3 + [1200.0] * 6
    drug = DRUGS["gabapentin"]
    absorbed = [drug.route_inputs("oral", drug.typical(1), dose)[0][1][0] for dose in ladder]
    ratio = found.arrays.ways[0, 0, :, 0] / absorbed
    np.testing.assert_allclose(ratio, ratio[0], rtol=0.2)  # the subject is not the typical one
    assert np.all(np.diff(absorbed) < 0.0)
    bare = DoseLine("gabapentin", "oral", 100.0, every_h=8.0)
    with pytest.raises(ModelError, match="gabapentin oral depends on the dose"):
        run([RuleSet("b", (24.0,), rules, bare)], days=2, n=1)


def test_a_missed_dose_is_not_given_and_a_late_one_is_late():
    late = np.array([[0.0, 2.5, np.nan, 0.0]])
    block = RuleSet("b", (), (), DoseLine("morphine", "oral", 10.0, every_h=12.0))
    _, result, _ = run([block], days=2, n=1, late=[late])
    assert result.given[0][:, 0].tolist() == [0.0, 14.5, 36.0]


def test_without_room_the_subject_ends_and_says_so():
    from dataclasses import replace

    block = RuleSet("b", (6.0,), (), DoseLine("morphine", "oral", 10.0, every_h=12.0))
    values = draw_subjects(MODEL, DRUGS, Population.load("chronic_pain"), 1, 1)
    cohort = Cohort.of(MODEL, DRUGS, Arm("a", (), rules=(block,)), values)
    reactions, schedule = react(cohort, 48.0, 1), cohort.schedule(48.0)
    for field in ("doses", "entries", "decisions"):
        short = replace(reactions.arrays, **{field: 0})
        result = cohort.run([0.0, 48.0], schedule, rules=short)
        assert STATUS[result.status[0]] == "more doses than room was made for"
        assert np.all(np.isnan(result.y))


def final(rules, **fields):
    """Return the doses after each of daily visits of a typical subject."""
    own = DoseLine(
        **({"drug": "morphine", "route": "oral", "amount": 80.0, "every_h": 12.0} | fields)
    )
    visits = tuple(np.arange(24.0, 24.0 * 6, 24.0))
    _, result, _ = run([RuleSet("b", visits, tuple(rules), own)], days=6, n=1, typical=True)
    return result.decisions[0][:, 5].tolist(), result.given[0]


def test_a_limit_is_the_limit_to_the_last_bit():
    half = {"largest": 0.5, "largest_is_part": True, "per_h": 24.0}
    rules = [
        Rule("wait", "hold", (Condition("dose", "<", 40.0),)),
        Rule("down", "lower", (), 0.6),
    ]
    assert final(rules, **half)[0] == [40.0, 20.0, 20.0, 20.0, 20.0]
    rules = [Rule("stop", "stop", (Condition("dose", "<=", 0.1),)),
             Rule("down", "lower", (), 0.1, "amount")]  # fmt: skip
    doses, given = final(rules, amount=0.4)
    assert doses == [0.3, 0.2, 0.1, 0.1, 0.1]
    assert given[-1, 2] == 0.1
    assert given[-1, 0] == 24.0 * 4 - 12.0


def test_a_switch_before_the_line_begins_has_room_for_its_doses():
    new = DoseLine("methadone", "oral", 10.0, every_h=6.0)
    own = DoseLine("morphine", "oral", 30.0, every_h=12.0, from_h=240.0)
    block = RuleSet("b", (24.0,), (Rule("r", "switch", line=new),), own)
    _, result, _ = run([block], days=20, n=1)
    assert STATUS[result.status[0]] == "ok"
    assert len(result.given[0]) == 19 * 4


def test_a_line_that_has_ended_is_not_changed_any_more():
    rules = [Rule("up", "raise", (), 0.5), Rule("else", "hold")]
    own = DoseLine("morphine", "oral", 10.0, every_h=12.0, until_h=48.0)
    found, result, _ = run([RuleSet("b", (24.0, 48.0, 72.0), tuple(rules), own)], days=4, n=1)
    assert told(found, result, 0)[0] == [
        (24.0, 0, "up", "raise", 10.0, 15.0),
        (48.0, 0, "else", "hold", 15.0, 15.0),
        (72.0, 0, "else", "hold", 15.0, 15.0),
    ]


def test_a_late_dose_follows_what_a_visit_said_in_between():
    late = [np.array([[0.0, 8.0, 8.0, 8.0]])]
    own = DoseLine("morphine", "oral", 10.0, every_h=24.0)
    for action, expected in (
        ("stop", [(0.0, 10.0)]),
        ("raise", [(0.0, 10.0), (32.0, 20.0), (56.0, 40.0)]),
    ):
        rule = Rule("r", action, (), 1.0)
        _, result, _ = run([RuleSet("b", (26.0, 50.0), (rule,), own)], days=3, n=1, late=late)
        assert [tuple(row[[0, 2]]) for row in result.given[0]] == expected
