"""The YAML reader and the writer of whole files."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oihsim.files.errors import InputError
from oihsim.files.yaml import (
    LARGEST_FILE,
    Document,
    closest,
    parse_yaml,
    read_yaml,
    refuse_unwritable,
    write_atomically,
)


def test_scalars_follow_yaml_1_2():
    text = """
a: [1e-3, 12:30, off, no, yes, 017, 0x1F, 1_000, 2020-01-01, ~, null, true, False, .5, +3, -4.]
b: ["1", '2', "true", 30 mg, '']
"""
    data = parse_yaml(text, "s.yaml").data
    assert data["a"][:8] == [1e-3, "12:30", "off", "no", "yes", 17, "0x1F", "1_000"]
    assert data["a"][8:] == ["2020-01-01", None, None, True, False, 0.5, 3, -4.0]
    assert data["b"] == ["1", "2", "true", "30 mg", ""]


def test_keys_are_text_and_merge_keys_are_ordinary():
    assert parse_yaml("1: a\ntrue: b\n<<: c\n", "s").data == {"1": "a", "true": "b", "<<": "c"}


def test_a_very_long_number_stays_text():
    assert parse_yaml("a: " + "9" * 6000, "s").data["a"] == "9" * 6000


def test_every_key_and_item_has_its_line():
    document = parse_yaml("# note\na:\n  b: 1\n  c:\n    - x\n    - {d: 2}\n", "s.yaml")
    assert document.line(("a",)) == 2
    assert document.line(("a", "c", 1, "d")) == 6
    assert document.line(("a", "c", 1, "absent")) == 6
    assert document.line(("absent",)) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &x 1\n", "s.yaml:1: a: found an anchor '&x'"),
        ("a: 1\nb: *x\n", "s.yaml:2: b: found an alias"),
        ("a: !!python/object:os.system 1\n", "s.yaml:1: a: found a tag"),
        ("a:\n  b: 1\n  b: 2\n", "s.yaml:3: a.b: found a second 'b'; allowed: each key once"),
        ("a: 1\n\tb: 2\n", "s.yaml:2: file: found a tab"),
        ("", "found nothing; allowed: keys with values"),
        ("# only a comment\n", "found nothing"),
        ("just text\n", "found a str"),
        ("a: 1\n---\nb: 1\n", "s.yaml:3: file: found a second document"),
        ("a: {" * 25 + "}" * 25, "found very deep nesting; allowed: at most 20 levels"),
        ("a: [" * 100_000, "found very deep nesting"),
        ("[a, b]: 1\n", "found a key that is no plain text"),
        ("a: [1\n", "found no YAML"),
        ("a: 1\n b: 2\n", "found no YAML"),
        ("a: \x07\n", "found no YAML"),
        ("%YAML 9.9\n---\na: 1\n", "found no YAML"),
        (r'a: "\UFFFFFFFF"', "found no YAML"),
        (r'a: "\uD800"', r"s.yaml:1: a: found the control character '\ud800'; allowed: plain text"),
        (r'a: "\0"', r"s.yaml:1: a: found the control character '\x00'"),
        (r'"a\nb": 1', r"s.yaml:1: a\nb: found the control character '\n'"),
        ("a: !<x 1", "found no YAML"),
    ],
)
def test_what_is_outside_the_strict_form_is_refused(text, words):
    with pytest.raises(InputError) as caught:
        parse_yaml(text, "s.yaml")
    assert words in str(caught.value)


def test_all_duplicates_and_anchors_are_reported_at_once():
    with pytest.raises(InputError) as caught:
        parse_yaml("a: 1\na: 2\nb: &x 1\nb: 3\nc: *x\n", "s.yaml")
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4, 5]


def test_a_file_too_large_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "large.yaml"
    path.write_text("a: [" + "1, " * (LARGEST_FILE // 3) + "1]")
    with pytest.raises(InputError, match=f"allowed: at most {LARGEST_FILE} bytes"):
        read_yaml(path)


def test_bytes_that_are_not_utf8_are_refused_with_their_line(tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"a: 1\nb: caf\xe9\n")
    with pytest.raises(InputError, match=r"latin.yaml:2: file: found byte 0xe9"):
        read_yaml(path)


def test_absent_files_and_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="found nothing there"):
        read_yaml(tmp_path / "absent.yaml")
    with pytest.raises(InputError, match="found a folder"):
        read_yaml(tmp_path)
    with pytest.raises(InputError):
        read_yaml("a\x00b.yaml")


def test_a_message_is_one_line_of_bounded_length_whatever_the_file_says():
    key = "k" * 1000
    with pytest.raises(InputError) as caught:
        parse_yaml(f"{key}: 1\n{key}: 2\n'a\u202eb': &{key} 1", "s.yaml")
    assert len(caught.value.problems) == 2
    for line in str(caught.value).splitlines():
        assert line.startswith("s.yaml:")
        assert line.isprintable()
        assert len(line) < 700
    problem = Document("s.yaml", {}).problem(("a",), "x" * 9999, "y\n\x1b" * 9999)
    assert str(problem).isprintable()
    assert len(str(problem)) < 10_000


def test_many_problems_are_counted_not_told():
    with pytest.raises(InputError) as caught:
        parse_yaml("a: 1\n" * 1001, "s.yaml")
    assert len(caught.value.problems) == 1000
    lines = str(caught.value).splitlines()
    assert len(lines) == 201
    assert lines[-1] == "and 800 more problems"


def test_a_byte_order_mark_is_harmless(tmp_path):
    path = tmp_path / "mark.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert read_yaml(path).data == {"a": 1, "b": 2}


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet="ab:-[]{}&*!|>'\"%#,?~ \n0.1e", max_size=40))
def test_any_text_is_a_mapping_or_an_input_error(text):
    try:
        document = parse_yaml(text, "s.yaml")
    except InputError:
        return
    assert isinstance(document.data, dict)


def test_the_nearest_word_is_offered_first():
    known = ["morphine", "ketamine"]
    assert closest("Ketamine", known).startswith("did you mean 'ketamine'?")
    assert closest("zzz", known) == "ketamine, morphine"
    assert closest("zzz", []) == "nothing"
    assert "and 70 more" in closest("zzz", [f"n{k:03}" for k in range(100)])


def test_a_failed_writer_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "result.nc"
    path.write_text("old")

    def writer(part: Path) -> None:
        assert part.suffix == ".nc"
        part.write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_atomically(path, writer)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_writer_replaces_the_old_file_in_one_step(tmp_path):
    path = tmp_path / "result.txt"
    path.write_text("old")
    write_atomically(path, lambda part: part.write_text("new"))
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    def writer(part: Path) -> None:
        part.write_text("x")

    with pytest.raises(InputError, match="no folder"):
        write_atomically(tmp_path / "absent" / "a.txt", writer)
    with pytest.raises(InputError, match="no ordinary file"):
        write_atomically(tmp_path, writer)
    with pytest.raises(InputError, match="no folder"):
        refuse_unwritable(tmp_path / "absent" / "a.txt")

    def full(part: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left"):
        write_atomically(tmp_path / "a.txt", full)
