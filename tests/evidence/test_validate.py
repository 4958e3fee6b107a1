"""validate: shipped studies, files and folders of a user's own, the stored scoreboard."""

import json

import pytest

import oihsim
from oihsim.commands.validation_text import format_validation
from oihsim.evidence import scoreboard
from oihsim.evidence.forest_rows import forest_rows
from oihsim.evidence.study import STUDIES
from oihsim.results.plot import forest

FEW = 12


@pytest.fixture(scope="module")
def small():
    return oihsim.validate("comelon2016", subjects=FEW)


def test_the_same_verdict_in_every_run(small):
    again = oihsim.validate(["comelon2016"], subjects=FEW, threads=1)
    assert [r.simulated for r in again.rows] == [r.simulated for r in small.rows]


def test_a_users_own_study_takes_part_from_any_folder(tmp_path):
    text = (STUDIES / "comelon2016.yaml").read_text("utf-8")
    (tmp_path / "mine.yaml").write_text(text, "utf-8")
    (tmp_path / "notes.txt").write_text("no study", "utf-8")
    rows = oihsim.validate(tmp_path, subjects=FEW).rows
    assert {row.study for row in rows} == {"mine"}


def test_a_folder_without_studies_is_refused(tmp_path):
    with pytest.raises(oihsim.InputError, match="a folder with studies"):
        oihsim.validate(tmp_path)


def test_as_many_as_the_study_had(small):
    """The error is that of samples of nineteen, drawn from the virtual subjects."""
    rows = oihsim.validate("comelon2016", subjects=FEW, as_many=True).rows
    for row, plain in zip(rows, small.rows, strict=True):
        assert row.simulated.value == plain.simulated.value
        assert row.simulated.se == plain.simulated.study_sd
    assert {row.simulated.subjects for row in rows} == {FEW}


def test_a_study_reads_like_sentences(small):
    text = " ".join(format_validation(small).split())
    assert "comelon2016 (crossover, n = 19). Nineteen volunteers" in text
    assert "observed 0.49 [0.157 to 0.823]; the model gives" in text
    assert oihsim.CAUTION in text


def test_what_was_respected_and_is_violated_is_lost(small):
    row = small.rows[0]
    assert scoreboard.lost(small.rows, {}) == []
    worse = {row.address: "inside"}
    lost = scoreboard.lost(small.rows, worse)
    assert bool(lost) == (row.judgement.verdict != "inside")
    assert scoreboard.lost(small.rows, {row.address: "wrong"}) == []


def test_the_scoreboard_is_stored_and_read(small, tmp_path):
    path = tmp_path / "board.json"
    scoreboard.store(small.rows, small.recipe, path=path)
    assert scoreboard.stored_verdicts(path) == {
        row.address: str(row.judgement.verdict) for row in small.rows
    }
    assert json.loads(path.read_text())["recipe"]["models"]
    assert scoreboard.stored_verdicts(tmp_path / "none.json") == {}


def test_the_forest_has_a_row_for_each_judged_finding(small):
    rows = forest_rows(small.rows)
    assert len(rows) == sum(row.finding.role != "context" for row in small.rows)
    figure = forest(rows)
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert {rows[0].name, rows[0].observed_text, rows[0].simulated_text, "volunteers"} <= texts


def test_the_command(call_oihsim, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    words = ("validate", "comelon2016", "--subjects", str(FEW), "--quiet")
    code, out, err = call_oihsim(*words, "--json", "--figure", "forest.png")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["findings"][0]["study"] == "comelon2016"
    assert document["recipe"]["subjects"] == FEW
    assert (tmp_path / "forest.png").is_file()
    code, _, err = call_oihsim("validate", "comelon2016", "nowhere.yaml")
    assert code == 2
    assert "nowhere.yaml: file: found nothing there" in err


def test_a_lost_finding_ends_with_1(call_oihsim, monkeypatch):
    monkeypatch.setattr(scoreboard, "lost", lambda rows, _: list(rows[:1]))
    code, out, _ = call_oihsim("validate", "comelon2016", "--quiet", "--subjects", "200")
    assert code == 1
    assert "worse than stored: comelon2016." in out


def test_show_and_check_know_a_study(call_oihsim):
    code, out, _ = call_oihsim("show", "comelon2016")
    assert code == 0
    assert "comelon2016 (crossover, volunteers, n = 19)" in out
    assert "arm gradual" in out
    assert call_oihsim("check", "comelon2016")[1].startswith("comelon2016: ok, study with ")
