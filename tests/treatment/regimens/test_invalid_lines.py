"""The folder of invalid regimen lines: each file is what the error prints, its line first."""

import re
from pathlib import Path

import pytest

import oihsim
from oihsim.files.errors import InputError

FOLDER = Path(__file__).parent / "invalid"
EXAMPLES = sorted(FOLDER.glob("*.txt"))
KNOWN = re.compile(r" \(known: [^)]*\)")
"""What else there is grows with the package; it is not part of the stored messages."""


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_printed_error(path):
    stored = path.read_text("utf-8")
    line = stored.split("\n", 1)[0]
    with pytest.raises(InputError) as caught:
        # a line without an end is understood; its courses need one
        _ = oihsim.regimen(
            line, duration=None if path.stem.startswith("no_end") else "30 d"
        ).courses
    assert KNOWN.sub("", f"{caught.value}\n") == stored


def test_there_are_many():
    assert len(EXAMPLES) >= 60
