"""What is printed fits the terminal, and goes to a file as it is."""

import io

import pytest

from oihsim.commands.terminal import NARROWEST, print_error, print_page, terminal_width

TEXTS = [
    ("list",),
    ("show", "flagship"),
    ("show", "chasing_the_pain"),
    ("show", "morphine"),
    ("show", "nmda"),
    ("show", "chronic_pain"),
    ("show", "pain_mean"),
    ("show", "cold_pressor_tolerance"),
    ("show", "dose_and_nmda"),
    ("regimen", "morphine 30 mg PO q12h x 28 d, then 45 mg q12h x 28 d"),
    ("events", "show", "flagship"),
]


@pytest.mark.parametrize("words", TEXTS, ids=lambda words: " ".join(words[:3]))
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_every_text_fits_and_breaks_no_word(call_oihsim, monkeypatch, words, columns):
    monkeypatch.delenv("COLUMNS", raising=False)
    _, plain, _ = call_oihsim(*words)
    monkeypatch.setenv("COLUMNS", str(columns))
    code, out, err = call_oihsim(*words)
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= columns
    # a table in the form of lists does not repeat the head of its first column
    words_out = {word.strip(":;") for word in out.split()} | {"drug", "symbol"}
    assert {word.strip(":;") for word in plain.split()} <= words_out


def test_a_file_has_no_width(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert terminal_width(io.StringIO()) is None
    monkeypatch.setenv("COLUMNS", "wide")
    assert terminal_width(io.StringIO()) is None


def test_a_very_narrow_terminal_is_taken_as_wider(monkeypatch):
    monkeypatch.setenv("COLUMNS", "5")
    assert terminal_width() == NARROWEST


def test_a_page_is_folded_and_an_error_in_a_file_is_not(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    line = "my.yaml:3: arms: found nothing; allowed: one arm or several arms"
    print_page(line)
    print_error(line)
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "my.yaml:3: arms: found nothing; allowed:",
        "    one arm or several arms",
    ]
    assert err == line + "\n"
