"""The folder of invalid examples: every table and model with exactly the message it gets."""

from pathlib import Path

import pytest

from oihsim.errors import InputError
from oihsim.events import read_table, run_events

FOLDER = Path(__file__).parent / "invalid"
GOOD = {"good.csv", "model.yaml"}
EXAMPLES = sorted(
    path for path in FOLDER.iterdir() if path.suffix in {".csv", ".yaml"} and path.name not in GOOD
)
FILL = {"covariate_never_given": "locf"}


@pytest.fixture(autouse=True)
def _in_folder(monkeypatch):
    monkeypatch.chdir(FOLDER)


def test_the_models_and_table_beside_them_are_good():
    assert run_events("model.yaml", "good.csv").columns["central_amount"][0] > 60


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_message(path):
    model, data = ("model.yaml", path.name) if path.suffix == ".csv" else (path.name, "good.csv")
    with pytest.raises(InputError) as caught:
        run_events(model, data, fill=FILL.get(path.stem))
    assert f"{caught.value}\n" == path.with_suffix(".txt").read_text("utf-8")


def test_there_are_many_and_each_has_its_message():
    assert len(EXAMPLES) >= 60
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in EXAMPLES}


def test_all_flaws_of_model_and_table_are_told_at_once():
    with pytest.raises(InputError) as caught:
        run_events("fill_unknown.yaml", "many_flaws.csv")
    assert {problem.file for problem in caught.value.problems} == {
        "fill_unknown.yaml",
        "many_flaws.csv",
    }
    assert len(caught.value.problems) == 6


def test_a_message_names_file_row_id_and_rule():
    with pytest.raises(InputError) as caught:
        read_table("not_sorted_by_time.csv")
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("not_sorted_by_time.csv", 4)
    assert problem.field == "TIME of ID 1"


def test_no_file():
    with pytest.raises(InputError, match="nothing there"):
        run_events("model.yaml", "nowhere.csv")
    with pytest.raises(InputError, match="did you mean 'central_amount'"):
        run_events("model.yaml", "good.csv", ["centrl"])
    for word, options in (("fill", {"fill": "x"}), ("observe", {"observe": "x"}),
                          ("order", {"order": "x"})):  # fmt: skip
        with pytest.raises(InputError, match=word):
            run_events("model.yaml", "good.csv", **options)
