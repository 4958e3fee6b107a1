"""What the hash of a model covers: what is computed, and neither imports nor words about it."""

from oihsim.model.fingerprint import deciding_text

SOURCE = '''"""A module."""

from os.path import join

from oihsim.one_place import rate


def flow(x):
    """Return a flow, see :mod:`oihsim.one_place`."""
    # the rate is per hour
    from oihsim.one_place import late

    return rate(x) * 2.0 + late(x)
'''


def test_a_moved_module_keeps_its_text():
    moved = SOURCE.replace("oihsim.one_place", "oihsim.another.place")
    assert deciding_text(moved) == deciding_text(SOURCE)


def test_words_and_blank_lines_decide_nothing():
    other = SOURCE.replace("A module.", "Another.").replace("the rate is per hour", "hourly")
    assert deciding_text(other + "\n\n") == deciding_text(SOURCE)


def test_an_import_over_several_lines_is_left_out():
    wide = SOURCE.replace("import rate", "import (\n    rate,\n)")
    assert deciding_text(wide) == deciding_text(SOURCE)


def test_a_constant_and_a_name_decide():
    assert deciding_text(SOURCE.replace("2.0", "2.5")) != deciding_text(SOURCE)
    assert deciding_text(SOURCE.replace("rate(x)", "late(x)")) != deciding_text(SOURCE)


def test_text_that_is_no_docstring_decides():
    assert deciding_text('x = "a"\n') != deciding_text('x = "b"\n')
