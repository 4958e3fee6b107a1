"""Tables and paragraphs fit their width, and no word of them is broken."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oihsim.files.text_table import (
    GAP,
    Column,
    TextTable,
    folded,
    folded_page,
    table_lines,
    unbroken,
)

COLUMNS = (
    Column("arm"),
    Column("n", right=True, usual=4),
    Column(f"difference {unbroken('[95 % interval]')}", right=True),
)
ROWS = [
    ("stable", "200", unbroken("[-1.59, -1.47]")),
    ("escalation (ref.)", "200", ""),
]


def test_a_table_with_room_has_its_usual_widths():
    assert table_lines(COLUMNS, ROWS, 80) == [
        "  arm                   n  difference [95 % interval]",
        "  stable              200              [-1.59, -1.47]",
        "  escalation (ref.)   200",
    ]
    assert table_lines(COLUMNS, ROWS) == table_lines(COLUMNS, ROWS, 80)


def test_heads_fold_before_cells():
    assert table_lines(COLUMNS, ROWS, 43) == [
        "                                 difference",
        "  arm                  n    [95 % interval]",
        "  stable             200     [-1.59, -1.47]",
        "  escalation (ref.)  200",
    ]


def test_cells_fold_at_spaces():
    assert table_lines(COLUMNS, ROWS, 38)[2:] == [
        "  stable          200   [-1.59, -1.47]",
        "  escalation      200",
        "  (ref.)",
    ]


def test_a_table_without_room_is_a_list():
    assert table_lines(COLUMNS, ROWS, 30) == [
        "  stable",
        "    n: 200; difference",
        "    [95 % interval]:",
        "    [-1.59, -1.47]",
        "  escalation (ref.)",
        "    n: 200",
    ]


WORDS = st.text("abc-./", min_size=1, max_size=14)
CELLS = st.lists(WORDS, max_size=6).map(" ".join)


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4),
    st.tuples(CELLS, CELLS, CELLS),
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.integers(24, 140),
)
@settings(deadline=None)
def test_every_table_fits_and_keeps_its_words(rows, heads, sides, width):
    columns = [Column(head, right) for head, right in zip(heads, sides, strict=True)]
    table = TextTable.fitted(columns, rows, width)
    lines = table.lines(rows)
    assert all(len(line) <= width for line in lines)
    if table.sizes is None:
        words = [word.strip(";:") for line in lines for word in line.split()]
    else:
        words = [word for line in lines for word in line.split()]
    for row in rows:
        for word in " ".join(row).split():
            assert word in words


@given(CELLS, st.integers(16, 100))
def test_a_paragraph_fits_and_keeps_its_words(text, width):
    lines = folded(text, width, "  ")
    assert all(len(line) <= width for line in lines)
    assert " ".join(lines).split() == text.split()


@pytest.mark.parametrize("width", [None, 200])
def test_a_page_with_room_is_left_alone(width):
    text = "a table\n\n  with  gaps"
    assert folded_page(text, width) == text


def test_a_long_line_goes_on_below_itself():
    assert (
        folded_page("short\n  one two three four", 12)
        == "short\n  one two\n      three\n      four"
    )


def test_columns_are_apart():
    assert table_lines([Column(""), Column("")], [("a", "b")], indent="") == [f"a{GAP}b"]
