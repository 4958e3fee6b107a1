"""The folder of invalid examples: every table and model with exactly the message it gets."""

import ast
from pathlib import Path

import pytest

import oihsim
from oihsim.events import read_table, run_events
from oihsim.files.errors import InputError

FOLDER = Path(__file__).parent / "invalid"
ROOT = Path(oihsim.__file__).parent
WITHOUT_EXAMPLE = {
    "an existing CSV file",  # test_no_file
    "a readable CSV file",  # depends on the system
    " bytes",  # files of more than 2 GB
    "at most ",
}
"""Words of refusals that no stored file can show."""
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


def _messages(module):
    """Return the words of every refusal in a module: its constant text, whatever stands between."""
    tree = ast.parse((ROOT / module).read_text("utf-8"))
    messages = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            allowed = [node.args[4 if name == "refusal" else -1]]
            if name not in {"refuse", "_refuse", "refusal", "refused", "problem", "Problem"}:
                continue
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "allowed":
            allowed = [node.value]
        else:
            continue
        for part in allowed:
            messages |= {
                node.value
                for node in ast.walk(part)
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value[3:]
            }
    return messages


@pytest.mark.parametrize(
    "module",
    [f"events/{name}.py" for name in ("table_rules", "match", "subject", "event_table")]
    + ["drugs/linear_model_file.py"],
)
def test_every_refusal_in_code_has_its_example(module):
    stored = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.txt"))
    missing = {words for words in _messages(module) if words not in stored}
    assert missing <= WITHOUT_EXAMPLE, missing - WITHOUT_EXAMPLE


def test_the_words_of_refusals_are_found_in_code():
    assert len(_messages("events/table_rules.py")) >= 20
    assert "an ID in every record" in _messages("events/event_table.py")
