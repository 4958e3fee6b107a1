"""Regimen lines: what each is read as, what is refused and where, and what comes out again."""

import pytest

import oihsim
from oihsim.files.caution import CAUTION
from oihsim.files.errors import InputError
from oihsim.treatment.regimens.regimen import RegimenError
from oihsim.treatment.regimens.regimen_reading import read_line
from oihsim.treatment.vocabulary import SHIPPED

SAME = None
"""The canonical form is the line itself."""

GOOD = {
    "morphine 30 mg PO q12h x 28 d, then 45 mg q12h x 28 d":
        "morphine 30 mg oral q12h x 28 d, then 45 mg q12h x 28 d",
    "fentanyl 25 mcg/h TD q72h": "fentanyl 25 mcg/h transdermal q72h",
    "ketamine 0.5 mg/kg IV over 30 min, then 0.1 mg/kg/h x 5 d":
        "ketamine 0.5 mg/kg iv over 30 min, then 0.1 mg/kg/h x 5 d",
    "methadone 40 mg PO daily, taper 10 % every 7 d until 5 mg, then stop":
        "methadone 40 mg oral daily, taper 10 % of the first dose every 7 d until 5 mg, then stop",
    "morphine 30 mg ER PO q12h": "morphine 30 mg oral_er q12h",
    "Morphine XR 30mg BID x 4 wk": "morphine 30 mg oral_er q12h x 28 d",
    "oxycodone 20 mg CR PO every 12 hours for 2 weeks": "oxycodone 20 mg oral_cr q12h x 14 d",
    "oxycodone 20 mg SR q12h x 1 d": "oxycodone 20 mg oral_er q12h x 1 d",
    "morphine IR 10 mg PO q4h x 24 h": "morphine 10 mg oral q4h x 1 d",
    "morphine 10 mg PO TID at 08:00, 16:00 and 00:00 x 1 d":
        "morphine 10 mg oral at 00:00 and 08:00 and 16:00 x 1 d",
    "morphine 10 mg PO daily at 8:00 x 7 d": "morphine 10 mg oral daily at 08:00 x 7 d",
    "morphine 10 mg PO Mon, Wed and Fri x 2 wk": "morphine 10 mg oral Mon Wed Fri x 14 d",
    "morphine 10 mg PO on fridays weekly at 20:00 x 2 wk starting Wed 07:30":
        "morphine 10 mg oral Fri at 20:00 x 14 d starting Wed 07:30",
    "physical_therapy 1 session weekly x 12 wk": "physical_therapy 1 session weekly x 84 d",
    "physical therapy 2 sessions every week x 5 doses":
        "physical_therapy 2 session weekly x 5 doses",
    "morphine 10 mg IV from day 15": "morphine 10 mg iv from day 15",
    "naloxone 400 µg IV at day 20": "naloxone 400 mcg iv from day 20",
    "naloxone 0.4 mg IV from 30 min": "naloxone 0.4 mg iv from 30 min",
    "ketamine 0.1 mg/kg/h IV over 4 h daily x 10 d": SAME,
    "ketamine 20 mg IV over 2 h q1d from 5 d until day 8":
        "ketamine 20 mg iv over 2 h daily from day 5 until day 8",
    "remifentanil 0.1 ug/kg/min IV x 30 min, then 0.05 ug/kg/min x 5 min":
        "remifentanil 0.1 mcg/kg/min iv x 30 min, then 0.05 mcg/kg/min x 5 min",
    "remifentanil 0.1 mcg/kg/min IV continuous x 2 h": "remifentanil 0.1 mcg/kg/min iv x 2 h",
    "buprenorphine 16 mg SL QD x 90 d": "buprenorphine 16 mg sublingual daily x 90 d",
    "heroin 60 mg IM q8h x 60 d": "heroin 60 mg im q8h x 60 d",
    "hydromorphone 2 mg IN once": "hydromorphone 2 mg intranasal",
    "morphine 30 mg PO twice daily x 3 d; 15 mg x 3 d":
        "morphine 30 mg oral q12h x 3 d, then 15 mg q12h x 3 d",
    "morphine 30 mg PO q12h, then methadone 10 mg PO q8h from day 28 x 30 d":
        "morphine 30 mg oral q12h, then methadone 10 mg oral q8h from day 28 x 30 d",
    "morphine 30 mg PO q12h x 10 doses, then pause 3 d, then 10 mg once":
        "morphine 30 mg oral q12h x 10 doses, then pause 3 d, then 10 mg once",
    "ketamine 1 mg/kg/h IV over 1 h daily x 2 d, then 0.1 mg/kg/h continuously x 1 d":
        "ketamine 1 mg/kg/h iv over 1 h daily x 2 d, then 0.1 mg/kg/h continuously x 1 d",
    "morphine 60 mg ER q12h x 7 d, taper by 10 mg weekly to 20 mg":
        "morphine 60 mg oral_er q12h x 7 d, taper 10 mg every 7 d until 20 mg",
    "methadone 40 mg PO daily, taper 10 % of the last dose every 7 d until 5 mg, then stop":
        "methadone 40 mg oral daily, taper 10 % of the last dose every 7 d until 5 mg, then stop",
    "fentanyl 100 mcg/h TD q72h x 30 d, taper 25 mcg/h every 6 d until 25 mcg/h, then stop":
        "fentanyl 100 mcg/h transdermal q72h x 30 d, "
        "taper 25 mcg/h every 6 d until 25 mcg/h, then stop",
    "morphine 1000 mg PO q 12 h x 1 d": "morphine 1000 mg oral q12h x 1 d",
    "morphine-oosten2017 5 mg SC q4h x 1 d": "morphine-oosten2017 5 mg sc q4h x 1 d",
}  # fmt: skip

BAD = {  # line -> the words refused, and what each message says
    "morfine 30 mg PO q12h": [("morfine", "did you mean 'morphine'?")],
    "morphine 30 mgg PO q12h": [("30 mgg", "'mgg' is no unit")],
    "morphine 30 PO q12h": [("30", "without a unit")],
    "morphine PO q12h": [("morphine PO q12h", "no dose")],
    "30 mg PO q12h": [("30 mg", "no drug")],
    "morphine 30 mg q12h": [("morphine 30 mg q12h", "no route of morphine")],
    "morphine 30 mg TD q12h": [("TD", "no route transdermal of morphine")],
    "codeine 30 mg ER PO q6h": [("ER", "did you mean 'oral'?")],
    "buprenorphine 16 mg SC weekly": [("SC", "sc_monthly, sc_weekly")],
    "morphine 30 mg PO dayly": [("dayly", "did you mean 'daily'?")],
    "morphine 30 mg PO q12h xx 28 d": [("xx", "did you mean 'x'?")],
    "morphine 30 mg PO q12k": [("q12k", "how often")],
    "morphine 30 mg PO q0h": [("q0h", "1 s to 5 years")],
    f"morphine 30.{'0' * 60}1 mg PO q12h": [(f"30.{'0' * 60}1 mg", "at most 50")],
    "morphine 0 mg PO q12h": [("0 mg", "more than 0")],
    "morphine 1,000 mg PO q12h": [("1,000 mg", "no comma: '1000 mg'")],
    "morphine 30 mg PO q12h x 28": [("28", "a number of doses: 'x 10 doses'")],
    "morphine 30 mg PO q12h 28 d": [("28 d", "what this time is")],
    "morphine 30 mg PO q12h x 0.5 doses": [("0.5 doses", "whole number of doses")],
    "morphine 30 mg PO q12h q8h": [("q8h", "a second interval")],
    "morphine 30 mg 20 mg PO q12h": [("20 mg", "a second dose")],
    "morphine 30 mg PO q12h PRN": [("PRN", "rescue")],
    "morphine 30 mg PO q8h at 08:00 and 20:00": [("q8h", "3 times of day")],
    "morphine 30 mg PO at 25:00": [("25:00", "from 00:00 to 23:59")],
    "morphine 30 mg PO at soon": [("at", "a time of day"), ("soon", "did you mean 'on'?")],
    "morphine 30 mg PO x 28 d": [("x", "an interval")],
    "morphine 30 mg PO Mon q12h": [("q12h", "with week days")],
    "morphine 30 mg PO from day x 3 d": [("day", "such as 'day 15'"), ("x", "an interval")],
    "morphine 5 mg/h PO x 3 d": [("5 mg/h", "an amount given at once")],
    "morphine 30 mg PO over 30 min": [("over", "an amount given at once")],
    "fentanyl 25 mcg TD q72h": [("25 mcg", "a rate such as '25 mcg/h'")],
    "ketamine 0.1 mg/kg/h IV q12h x 3 d": [("q12h", "a continuous rate")],
    "physical_therapy 30 mg weekly": [("30 mg", "physical_therapy is counted")],
    "morphine 1 session PO": [("1 session", "morphine is weighed")],
    "morphine 30 mg PO q12h, then 45 mg": [("morphine 30 mg PO q12h", "a length")],
    "morphine 30 mg PO q12h, then stop": [("stop", "a length before it")],
    "morphine 30 mg PO q12h x 28 d, then stop, then 3 mg": [("3 mg", "nothing after stop")],
    "morphine 30 mg PO q12h x 28 d,": [(",", "nothing after the comma")],
    "pause 3 d, then morphine 30 mg PO q12h": [("pause 3 d", "a dose before it")],
    "methadone 40 mg PO daily, taper 10 % until 5 mg": [
        ("until", "every 7 d"),
    ],
    "methadone 40 mg PO daily, taper 10 % every 7 d": [
        ("taper 10 % every 7 d", "a taper without its end"),
    ],
    "methadone 40 mg PO daily, taper 10 % every 7 d until 50 mg": [("50 mg", "less than 40 mg")],
    "methadone 40 mg PO daily, taper 10 mcg every 7 d until 5 mg": [("10 mcg", "in % or mg")],
    "methadone 40 mg PO daily, taper 10 % every 30 h until 5 mg": [("taper", "whole number")],
    "methadone 40 mg PO, taper 10 % every 7 d until 5 mg": [("taper", "a repeated dose")],
    "morphine 30 mg PO q12h ! x 3 d": [("!", "words, numbers with units")],
    "": [("", "a drug and its dose")],
    "morfine 30 mgg PO q12h xx 28 d, then 45 mg q12k x 28": [
        ("morfine", "did you mean 'morphine'?"),
        ("30 mgg", "'mgg' is no unit"),
        ("xx", "did you mean 'x'?"),
        ("q12k", "how often"),
        ("28", "x 10 doses"),
    ],
}

UNFITTING = {  # right as lines, wrong in a period of 30 d
    "fentanyl 25 mcg/h TD q72h": "no end",
    "morphine 30 mg PO q12h x 31 d": "at most the end",
    "morphine 30 mg PO q12h x 61 doses": "at most the end",
    "morphine 30 mg IV from day 30": "a time before the end",
    "morphine 30 mg PO q12h x 5 d, then 3 mg q12h from day 3 x 2 d": "parts in the order of time",
    "morphine 30 mg PO q12h from day 3 until day 3": "a later end",
    "morphine 30 mg PO Tue x 1 d": "no dose from 0 to 24 h",
    "morphine 30 mg PO at 20:00 from 719 h": "begins at 740 h",
    "methadone 40 mg PO daily, taper 10 % every 7 d until 5 mg, then stop": "at most the end",
}


@pytest.mark.parametrize("text", GOOD)
def test_a_line_is_printed_back_in_canonical_form(text):
    reading = read_line(text, SHIPPED)
    assert reading.flaws == ()
    assert str(reading.line) == (GOOD[text] or text.replace("IV", "iv"))
    assert read_line(str(reading.line), SHIPPED).line == reading.line


@pytest.mark.parametrize("text", BAD)
def test_a_flaw_points_at_its_word(text):
    reading = read_line(text, SHIPPED)
    assert reading.line is None
    marked = [
        (text[flaw.start : flaw.stop], f"{flaw.actual}; {flaw.allowed}") for flaw in reading.flaws
    ]
    assert [word for word, _ in marked] == [word for word, _ in BAD[text]]
    for (_, message), (_, message_part) in zip(marked, BAD[text], strict=True):
        assert message_part in message


@pytest.mark.parametrize("text", UNFITTING)
def test_a_line_that_does_not_fit_its_period_is_refused(text):
    duration = None if UNFITTING[text] == "no end" else "30 d"
    with pytest.raises(RegimenError, match=UNFITTING[text]):
        _ = oihsim.regimen(text, duration=duration).courses


def test_the_error_shows_the_line_with_marks_under_the_words():
    with pytest.raises(InputError) as caught:
        oihsim.regimen("morphine 30 mgg PO dayly")
    line, marks, *problems = str(caught.value).splitlines()
    assert line == "morphine 30 mgg PO dayly"
    assert [line[at] for at, mark in enumerate(marks) if mark == "^"] == list("30 mggdayly")
    assert len(problems) == len(caught.value.problems) == 2
    assert problems[0].startswith("regimen: column 10: found '30 mgg'; allowed: ")


@pytest.mark.parametrize("wrong", [0, -1.0, True, "soon", float("nan"), "9 years", []])
def test_a_duration_that_is_none_is_refused(wrong):
    with pytest.raises(InputError, match="duration"):
        oihsim.regimen("morphine 30 mg PO q12h", duration=wrong)


def test_what_is_no_text_is_refused():
    with pytest.raises(InputError, match="text such as"):
        oihsim.regimen(30)


def doses_of(text, duration="60 d"):
    """Return (time, drug, amount, duration) of every dose of a line."""
    courses = oihsim.regimen(text, duration=duration).courses
    doses = sorted(dose for course in courses for dose in course.doses())
    return [(dose.time_h, dose.drug, dose.amount, dose.duration_h) for dose in doses]


def test_intervals_read_as_doses_at_their_times():
    assert doses_of("morphine 30 mg PO q12h x 2 d, then 45 mg x 1 d") == [
        (0.0, "morphine", 30.0, 0.0),
        (12.0, "morphine", 30.0, 0.0),
        (24.0, "morphine", 30.0, 0.0),
        (36.0, "morphine", 30.0, 0.0),
        (48.0, "morphine", 45.0, 0.0),
        (60.0, "morphine", 45.0, 0.0),
    ]


def test_a_loading_dose_lasts_as_long_as_it_runs():
    assert doses_of("ketamine 0.5 mg/kg IV over 30 min, then 0.1 mg/kg/h x 5 d") == [
        (0.0, "ketamine", 0.5, 0.5),
        (0.5, "ketamine", 12.0, 120.0),
    ]


def test_patches_without_a_gap_are_a_single_rate():
    assert doses_of("fentanyl 25 mcg/h TD q72h x 2 patches") == [(0.0, "fentanyl", 3.6, 144.0)]


def test_the_first_day_is_a_monday_unless_the_line_names_another():
    on = [dose[0] for dose in doses_of("morphine 10 mg PO Mon Thu at 08:00 x 14 d")]
    assert on == [8.0, 80.0, 176.0, 248.0]
    later = [
        dose[0] for dose in doses_of("morphine 10 mg PO Mon Thu at 08:00 x 14 d starting Wed 09:00")
    ]
    # from Wednesday 09:00: Thursday 08:00 is 23 h later, Monday 08:00 four days after that
    assert later == [23.0, 119.0, 191.0, 287.0]


def test_a_time_of_day_is_the_next_such_time():
    assert [dose[0] for dose in doses_of("morphine 10 mg PO daily at 08:00 from 9 h x 2 d")] == [
        32.0,
        56.0,
    ]
    assert [dose[0] for dose in doses_of("morphine 10 mg PO q12h at 08:00 x 1 d")] == [8.0, 20.0]
    assert [dose[0] for dose in doses_of("morphine 10 mg PO at 20:00 and 08:00 x 3 doses")] == [
        8,
        20,
        32,
    ]


def test_a_taper_holds_each_step_and_ends_with_the_lowest_dose():
    doses = doses_of("methadone 40 mg PO daily, taper 25 % every 2 d until 5 mg, then stop")
    assert [dose[2] for dose in doses] == [40, 40, 30, 30, 20, 20, 10, 10, 5, 5]
    doses = doses_of(
        "methadone 40 mg PO daily x 1 d, taper 50 % of the last dose every 2 d until 5 mg", "8 d"
    )
    assert [dose[2] for dose in doses] == [40, 20, 20, 10, 10, 5, 5, 5]
    doses = doses_of("methadone 40 mg PO daily, taper 20 mg every 1 d until 0 mg, then stop")
    assert [dose[2] for dose in doses] == [40, 20]


def test_a_part_ends_where_the_next_part_begins():
    doses = doses_of("morphine 5 mg IV q12h, then methadone 10 mg PO daily from day 1 x 1 d")
    assert [(dose[0], dose[1]) for dose in doses] == [
        (0.0, "morphine"), (12.0, "morphine"), (24.0, "methadone"),
    ]  # fmt: skip


def test_a_pause_moves_what_follows():
    assert [dose[0] for dose in doses_of("morphine 5 mg IV, then pause 3 d, then 4 mg")] == [
        0.0,
        72.0,
    ]


def test_a_regimen_says_what_it_is():
    regimen = oihsim.regimen("morphine 30 mg PO q12h x 28 d, then 45 mg q12h x 28 d")
    assert str(regimen) == regimen.text == "morphine 30 mg oral q12h x 28 d, then 45 mg q12h x 28 d"
    assert [(course.amount, course.number, course.every_h) for course in regimen.courses] == [
        (30.0, 56, 12.0), (45.0, 56, 12.0),
    ]  # fmt: skip
    assert regimen.end_h == 56 * 24.0
    assert CAUTION in regimen.table()
    assert "raised in this regimen" in " ".join(regimen.table().split())
    data = regimen.as_json()
    assert data["caution"] == CAUTION
    assert oihsim.regimen(data["regimen"]).courses == regimen.courses
