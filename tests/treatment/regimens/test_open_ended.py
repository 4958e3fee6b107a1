"""Lines that say no end, alone: understood, shown to a stated time, and without courses."""

import pytest

import oihsim
from oihsim.files.errors import InputError


@pytest.mark.parametrize(
    ("line", "canonical", "shown_h"),
    [
        ("fentanyl 25 mcg/h TD q72h", "fentanyl 25 mcg/h transdermal q72h", 28 * 24),
        ("morphine 9 mg PO q12h x 7 d, then 8 mg", "morphine 9 mg oral q12h x 7 d, then 8 mg q12h",
         35 * 24),
        ("methadone 10 mg PO daily at 08:00", "methadone 10 mg oral daily at 08:00", 28 * 24 + 8),
        # at least four doses, however far apart
        ("morphine 30 mg PO every 14 d", "morphine 30 mg oral q336h", 4 * 14 * 24),
    ],
)  # fmt: skip
def test_the_line_is_understood(line, canonical, shown_h):
    regimen = oihsim.regimen(line)
    assert (regimen.open_ended, regimen.text, regimen.end_h) == (True, canonical, shown_h)
    assert regimen.oral_morphine_equivalents.a_day
    # what is shown is what an end at that time gives
    assert regimen.shown == oihsim.regimen(line, duration=shown_h).courses
    assert oihsim.regimen(regimen.text) == regimen


@pytest.mark.parametrize("name", ["courses", "doses"])
def test_courses_need_an_end(name):
    regimen = oihsim.regimen("methadone 40 mg PO daily, taper 50 % every 7 d until 5 mg")
    with pytest.raises(InputError, match="no end: the lowest dose goes on") as caught:
        getattr(regimen, name)
    assert "--duration '90 d'" in str(caught.value)
    assert 'duration="90 d"' in str(caught.value)
    ended = oihsim.regimen(regimen.text, duration="90 d")
    assert not ended.open_ended
    assert len(getattr(ended, name)) == 3


def test_a_line_with_an_end_is_not_open_ended():
    taper = "methadone 40 mg PO daily, taper 50 % every 7 d until 5 mg, then stop"
    for line in ("morphine 30 mg PO q12h x 7 d", "morphine 30 mg PO once", taper):
        regimen = oihsim.regimen(line)
        assert not regimen.open_ended
        assert regimen.courses == regimen.shown


def test_nothing_is_shown_past_five_years():
    regimen = oihsim.regimen("morphine 30 mg PO q12h from day 1820")
    assert (regimen.end_h, regimen.shown[0].number) == (5 * 365.25 * 24, 13)


def test_a_part_in_the_middle_still_needs_an_end():
    with pytest.raises(InputError, match="no end before the next part"):
        oihsim.regimen("morphine 30 mg PO q12h, then 45 mg")
