"""The past of a population: read with every problem, resolved apart, and the same by two roads."""

import json

import numpy as np
import pytest

from oihsim import compare, simulate
from oihsim.files.errors import InputError
from oihsim.files.yaml import parse_yaml
from oihsim.scenario import Scenario, parse
from oihsim.scenario.population import Population
from oihsim.scenario.scenario_vocabulary import ScenarioVocabulary
from oihsim.simulation.dataset import open_result, write_netcdf
from oihsim.treatment.arm import Past
from oihsim.treatment.doses.courses import shifted, written_history

FILE = """schema: oihsim-population/1
population: mine
meaning: people
covariates:
  WT: {unit: kg, typical: 70, distribution: normal, mean: 70, sd: 10, low: 40, high: 120,
    evidence: assumed}
history:
  duration: 30 d
  evidence: assumed
  doses:
    - {drug: methadone, route: oral, amount: 80 mg, every: 24 h, until: 30 d, evidence: assumed}
    - {drug: morphine, route: iv, amount: 5 mg, from: 2 d, evidence: assumed}
"""


def question(population="{of: mine, typical: true}", rest="", duration="2 d"):
    return f"""schema: oihsim-scenario/1
question: What does the past do?
duration: {duration}
population: {population}
{rest}
arms:
  none: {{doses: []}}
  morphine: {{doses: [{{drug: morphine, route: iv, amount: 5 mg, from: 3 h}}]}}
"""


def scenario(text, vocabulary=None):
    document = parse_yaml(text, "s.yaml")
    return parse(document) if vocabulary is None else parse(document, vocabulary)


class Mine(ScenarioVocabulary):
    """The names of the package, and one population in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder

    @property
    def populations(self):
        return ("mine", "naive")

    def population_path(self, name):
        return self.folder / f"{name}.yaml"


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "mine.yaml").write_text(FILE)
    (tmp_path / "naive.yaml").write_text(FILE[: FILE.index("history:")])
    return Mine(tmp_path)


HISTORY = """history:
  duration: 10 d
  doses: [{drug: morphine, route: oral, amount: 30 mg, every: 12 h, until: 10 d}]"""


def test_the_past_of_the_population_comes_before_that_of_the_scenario(mine):
    both = scenario(question(rest=HISTORY), mine)
    assert (both.history_h, both.resolved["history_h"]) == (960.0, 240.0)
    assert both.resolved["population_history_h"] == 720.0
    times = {drug: [] for drug in ("methadone", "morphine")}
    for dose in both.arms["none"].doses:
        times[dose.drug].append(dose.time_h)
    assert times["methadone"] == [-960.0 + 24.0 * k for k in range(30)]
    assert times["morphine"] == [-912.0, *(-240.0 + 12.0 * k for k in range(20))]
    assert both.drugs == ("methadone", "morphine")
    text = " ".join(both.explain().split())
    assert "for 720 h (30 d) until -240 h (-10 d): the past of mine" in text
    assert "before time 0, for 240 h (10 d): the past in this scenario" in text
    assert "cumulative: methadone 2400 mg, morphine 5 mg" in text
    alone = scenario(question(), mine).explain()
    assert "before time 0, for 720 h (30 d): the past of mine" in alone


def test_a_hold_may_begin_in_the_past_of_the_population(mine):
    held = "hold: [{mechanism: nmda, from: -35 d}]"
    assert (
        scenario(question(rest=f"{HISTORY}\n{held}"), mine).arms["none"].holds[0].from_h == -840.0
    )
    for population in ("{of: mine, typical: true, past: false}", "{of: naive, typical: true}"):
        with pytest.raises(InputError, match=r"allowed: at least -240 h"):
            scenario(question(population, f"{HISTORY}\n{held}"), mine)


@pytest.mark.parametrize("rest", ["", HISTORY])
@pytest.mark.parametrize("past", ["true", "false"])
def test_the_resolved_form_reads_back_to_itself(mine, rest, past):
    first = scenario(question(f"{{of: mine, typical: true, past: {past}}}", rest), mine)
    stored = json.loads(json.dumps(first.resolved, allow_nan=False))
    again = Scenario.from_resolved(stored, vocabulary=mine)
    assert again.resolved == first.resolved
    assert again.scenario_hash == first.scenario_hash
    assert again.arms == first.arms
    assert again.change({"population.seed": 1}).resolved == first.resolved


def test_a_stored_scenario_keeps_its_past_when_the_file_changes(mine):
    before = scenario(question(), mine)
    path = mine.population_path("mine")
    path.write_text(FILE.replace("80 mg", "90 mg"))
    after = scenario(question(), mine)
    assert after.scenario_hash != before.scenario_hash
    assert "methadone 2700 mg" in after.explain()
    stored = Scenario.from_resolved(before.resolved, vocabulary=mine)
    assert stored.scenario_hash == before.scenario_hash
    assert before.change(output_every="3 h").arms["none"].courses == before.arms["none"].courses
    path.write_text(FILE + "# a remark\n")
    assert scenario(question(), mine).scenario_hash == before.scenario_hash


def test_another_population_brings_another_past(mine):
    first = scenario(question(rest=HISTORY), mine)
    naive = first.change({"population.of": "naive"})
    assert (naive.history_h, naive.resolved["population_history"]) == (240.0, [])
    assert naive.change({"population.of": "mine"}).resolved == first.resolved
    without = first.change({"population.past": False})
    assert (without.history_h, without.drugs) == (240.0, ("morphine",))
    assert "without the past of the population" in without.explain()
    assert without.change({"population.past": True}).resolved == first.resolved
    assert without.change({"population.of": "naive"}).resolved["population"]["past"] is False
    longer = first.change({"history.duration": "20 d"})
    assert longer.arms["none"].doses[0].time_h == -1200.0


def test_a_population_without_past_equals_a_past_switched_off(mine):
    switched_off = scenario(question("{of: mine, typical: true, past: false}"), mine)
    naive = scenario(question("{of: naive, typical: true}"), mine)
    assert switched_off.arms == naive.arms
    assert switched_off.history_h == naive.history_h == 0.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"population_history_h": -1.0}, "population_history.duration: found '-1.0 h'"),
        ({"population_history_h": 48.0}, "population_history.doses"),
        ({"population_history": [{"drug": "x"}]}, "no resolved scenario"),
        ({"population_history": None}, "no resolved scenario"),
    ],
)
def test_a_stored_past_is_checked_like_a_file(mine, change, words):
    stored = {**scenario(question(), mine).resolved, **change}
    with pytest.raises(InputError, match=words):
        Scenario.from_resolved(stored, vocabulary=mine)


def test_results_stored_before_populations_had_a_past_read_back(mine):
    old = scenario(question("{of: naive, typical: true}", HISTORY), mine)
    stored = old.resolved
    del stored["population_history_h"], stored["population_history"], stored["population"]["past"]
    assert Scenario.from_resolved(stored, vocabulary=mine).resolved == old.resolved


FLAWS = {
    "methadone, route: oral": "methadon, route: oral",
    "until: 30 d": "until: 40 d",
    "morphine, route: iv": "morphine, route: patch",
    "amount: 5 mg, from: 2 d": "amount: 5 L, frm: 2 d",
    "unit: kg": "unit: lb",
    "duration: 30 d\n  evidence: assumed": "duration: 30 d\n  evidence: measured",
}
EXPECTED = {
    (5, "covariates.WT.unit", "'lb'"),
    (7, "history", "evidence measured without a source"),
    (11, "history.doses[0].drug", "no drug named 'methadon'"),
    (11, "history.doses[0].until", "'40 d'"),
    (12, "history.doses[1].route", "no route of morphine named 'patch'"),
    (12, "history.doses[1].amount", "'5 L'"),
    (12, "history.doses[1].frm", "a key 'frm'"),
}


def flawed():
    text = FILE
    for old, new in FLAWS.items():
        assert old in text
        text = text.replace(old, new)
    return text


def test_flaws_of_a_past_are_listed_with_the_others_of_the_file():
    with pytest.raises(InputError) as caught:
        Population.parse(parse_yaml(flawed(), "mine.yaml"))
    problems = caught.value.problems
    assert {(problem.line, problem.field, problem.actual) for problem in problems} == EXPECTED
    assert len(problems) == len(EXPECTED)
    assert {problem.file for problem in problems} == {"mine.yaml"}


def test_a_scenario_lists_the_flaws_of_its_file_and_of_its_population(mine):
    mine.population_path("mine").write_text(flawed())
    with pytest.raises(InputError) as caught:
        scenario(question().replace("morphine, route: iv", "morphin, route: iv"), mine)
    files = [problem.file for problem in caught.value.problems]
    assert files.count(str(mine.population_path("mine"))) == len(EXPECTED)
    of_the_scenario = [problem for problem in caught.value.problems if problem.file == "s.yaml"]
    assert [problem.field for problem in of_the_scenario] == ["arms.morphine.doses[0].drug"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("history:", "history: []\nh:", "allowed: keys with values: "),
        ("  duration: 30 d", "  duration: 0 d", "history.duration: found '0 d'"),
        ("  duration: 30 d", "", "history.duration: found nothing"),
        ("5 mg, from: 2 d", "5 mg, from: null", "doses[1].from: found nothing"),
        ("5 mg, from: 2 d", "5 mg, from: 31 d", "allowed: a time before the end (720 h)"),
        ("2 d, evidence: assumed", "2 d", "history.doses[1].evidence: found nothing"),
        ("2 d, evidence: assumed", "2 d, evidence: measured", "measured without a source"),
        ("2 d, evidence: assumed", "2 d, evidence: measured, source: nobody1900",
         "doses[1].source: found no source 'nobody1900'"),
        ("2 d, evidence: assumed", "2 d, evidence: measured, source: 3", "doses[1].source: found"),
    ],
)  # fmt: skip
def test_a_wrong_past_is_refused(old, new, words):
    assert Population.parse(parse_yaml(FILE, "p.yaml")).history.duration_h == 720.0
    assert old in FILE
    with pytest.raises(InputError) as caught:
        Population.parse(parse_yaml(FILE.replace(old, new), "p.yaml"))
    assert words in str(caught.value)


def written_out(name):
    """Return the past of a population as the history of a scenario."""
    past = Population.load(name).history
    courses = shifted(past, -past.duration_h)
    return written_history(past.duration_h, courses, -past.duration_h)


def assert_same(a, b):
    """Compare every state and output bit for bit."""
    names = {str(name) for name in a.data_vars if "time" in a[name].dims} & set(b.data_vars)
    assert "pain" in names
    assert len(names) > 20
    for name in names:
        np.testing.assert_array_equal(a[name].values, b[name].values, err_msg=name)
    np.testing.assert_array_equal(a["steps"].values, b["steps"].values)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["methadone_maintenance", "abstinent"])
def test_the_past_is_the_same_by_the_road_of_the_scenario(name):
    theirs = scenario(question(f"{{of: {name}, count: 3}}"))
    by_scenario = theirs.change({"population.past": False, "history": written_out(name)})
    assert by_scenario.resolved["population_history"] == []
    a, b = simulate(theirs), simulate(by_scenario)
    assert_same(a, b)
    assert float(abs(a["hyperalgesia_index"][..., 0]).min()) > 1e-3, "the past left no trace"


def test_a_past_and_a_history_make_a_long_history():
    name = "methadone_maintenance"
    days = "{drug: morphine, route: oral, amount: 30 mg, every: 12 h, "
    history = f"history: {{duration: 10 d, doses: [{days}until: 10 d}}]}}"
    two = scenario(question(f"{{of: {name}, typical: true}}", history))
    methadone = written_out(name)
    last = parse_yaml(f"d: {days}from: 90 d, until: 100 d}}", "d.yaml").data["d"]
    long = two.change(
        {
            "population.past": False,
            "history": {"duration": "100 d", "doses": [*methadone["doses"], last]},
        }
    )
    assert long.history_h == two.history_h == 2400.0
    assert_same(simulate(two), simulate(long))


def test_the_past_is_what_an_arm_of_the_same_doses_comes_to():
    """The third road: other times and other outputs, so equal to the solver's tolerance."""
    closely = "tolerance: {relative: 1.0e-10}"
    after = simulate(scenario(question("{of: heroin_use, typical: true}", closely)))
    naive = question("{of: heroin_use, typical: true, past: false}", closely, "62 d")
    doses = written_out("heroin_use")["doses"]
    long_arm = simulate(scenario(naive).change({"arms.none": {"doses": doses}}))
    for name in ("pain", "threshold", "hyperalgesia_index", "tolerance_index"):
        long = long_arm[name].sel(scenario="none", time=slice(1440.0, None)).values
        short = after[name].sel(scenario="none").values
        assert short.shape == long.shape
        np.testing.assert_allclose(short, long, rtol=1e-8, atol=1e-10, err_msg=name)


def test_a_past_switched_off_leaves_no_trace():
    naive = scenario(question("{of: methadone_maintenance, count: 3, past: false}"))
    ds = simulate(naive)
    assert naive.drugs == ("morphine",)
    none = ds.sel(scenario="none")
    np.testing.assert_allclose(none["hyperalgesia_index"].values, 0.0, atol=1e-8)
    np.testing.assert_allclose(none["tolerance_index"].values, 1.0, atol=1e-5)
    assert_same(ds, simulate(naive.change(history={"duration": "9 d", "doses": []})))


def test_people_with_and_without_their_past_are_compared():
    past = scenario(question("{of: opioid_experienced, count: 2}"))
    ds = compare([past, past.change({"population.past": False})])
    assert list(ds["scenario"].values) == ["s/none", "s/morphine", "s-2/none", "s-2/morphine"]
    start = ds["tolerance_index"].isel(draw=0, time=0)
    assert (start.sel(scenario="s/none") > start.sel(scenario="s-2/none") + 0.2).all()


@pytest.mark.slow
def test_results_count_from_time_zero_and_carry_the_population(tmp_path):
    ds = simulate(scenario(question("{of: opioid_experienced, typical: true}")))
    cumulative = ds["morphine_cumulative_dose"].values[:, 0, 0, -1]
    assert cumulative.tolist() == [0.0, 5.0]
    assert ds.attrs["population_hash"] == Population.load("opioid_experienced").hash
    assert len(ds.attrs["population_hash"]) == 64
    stored = open_result(write_netcdf(ds, tmp_path / "r.nc"))
    again = Scenario.from_resolved(json.loads(stored.attrs["resolved_scenario"]))
    assert again.scenario_hash == ds.attrs["scenario_hash"]
    assert again.history_h == 2160.0


def test_a_scenario_reads_the_file_of_its_population_once_and_no_other(mine, monkeypatch):
    import oihsim.scenario.population_file as module

    paths = []
    reader = module.read_yaml
    monkeypatch.setattr(module, "read_yaml", lambda path: paths.append(path) or reader(path))
    for _ in range(3):
        scenario(question(), mine)
    assert paths == [mine.population_path("mine")]
    scenario(question("{of: naive, past: false}"), mine)
    assert len(paths) == 1


def test_no_past_is_an_empty_past():
    assert Population.load("volunteers").history == Past(0.0, ())
