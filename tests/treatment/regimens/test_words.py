"""Words for how often: times a day, every other day, ranges of week days, times of day."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oihsim
from oihsim.treatment.regimens.regimen_reading import read_line
from oihsim.treatment.regimens.rhythms import minute_of
from oihsim.treatment.regimens.words import (
    AT_NIGHT,
    DAYS,
    OFTEN,
    Token,
    clock_text,
    days_of,
    tokens,
)
from oihsim.treatment.vocabulary import SHIPPED

GOOD = {
    "three times daily": "q8h",
    "3 times a day": "q8h",
    "four times per day": "q6h",
    "thrice daily": "q8h",
    "twice a day": "q12h",
    "twice weekly": "q84h",
    "five times daily": "q288min",
    "once daily": "daily",
    "once a day": "daily",
    "once each week": "weekly",
    "b.i.d.": "q12h",
    "T.D.S.": "q8h",
    "q.i.d": "q6h",
    "BD": "q12h",
    "QDS": "q6h",
    "OD": "daily",
    "qod": "q48h",
    "every other day": "q48h",
    "every second day": "q48h",
    "every third day": "q72h",
    "every other week": "q336h",
    "on alternate days": "q48h",
    "fortnightly": "q336h",
    "Mon-Fri": "Mon Tue Wed Thu Fri",
    "Mon–Wed": "Mon Tue Wed",
    "Mon - Wed": "Mon Tue Wed",
    "Monday to Friday": "Mon Tue Wed Thu Fri",
    "Fri-Mon": "Mon Fri Sat Sun",
    "Mon-Wed, Sat": "Mon Tue Wed Sat",
    "Mon, Wed, Fri": "Mon Wed Fri",
    "Tues and Thurs": "Tue Thu",
    "weekdays": "Mon Tue Wed Thu Fri",
    "every weekday": "Mon Tue Wed Thu Fri",
    "at weekends": "Sat Sun",
    "daily at 8am": "daily at 08:00",
    "daily at 8 am": "daily at 08:00",
    "at 8 a.m. and 8:30 pm": "at 08:00 and 20:30",
    "daily at 12 am": "daily at 00:00",
    "daily at 12 PM": "daily at 12:00",
    "at noon and midnight": "at 00:00 and 12:00",
    "twice daily at 8 am, 8 pm": "at 08:00 and 20:00",
    "weekdays at 8 am, noon": "Mon Tue Wed Thu Fri at 08:00 and 12:00",
    "at bedtime 22:00": "daily at 22:00",
    "qhs at 10 pm": "daily at 22:00",
    "daily at bedtime 22:00": "daily at 22:00",
    "every night at 10 pm": "daily at 22:00",
}

BAD = {
    "at bedtime": ("bedtime", "'at bedtime 22:00'"),
    "qhs": ("qhs", "whose time is not known"),
    "every night": ("night", "'daily at 22:00'"),
    "q12h at bedtime 22:00": ("bedtime", "not daily"),
    "three": ("three", "'three times daily'"),
    "three times": ("three", "'three times daily'"),
    "twice": ("twice", "'twice daily'"),
    "7 times daily": ("7 times", "by which the time can be divided"),
    "0 times daily": ("0 times", "by which the time can be divided"),
    "x 3 times daily": ("3 times", "'three times daily', or 'daily x 3 doses'"),
    "every other Monday": ("Monday", "'every other day'"),
    "alternate": ("alternate", "'alternate days'"),
    "Mon-Fry": ("Mon-Fry", "'Mon-Fri'"),
    "Mon-Mon": ("Mon-Mon", "'Mon-Fri'"),
    "Mon to Friend": ("Friend", "'Mon-Fri'"),
    "daily at 13 pm": ("13 pm", "from 1 am to 12 pm"),
    "daily at 0 am": ("0 am", "from 1 am to 12 pm"),
    "daily at 8:60 am": ("8:60 am", "from 00:00 to 23:59"),
    "at 8 am and 08:00": ("08:00", "each time of day once"),
    "three times daily q8h": ("q8h", "a second interval"),
    "three times daily at 8 am and 8 pm": ("three", "3 times of day"),
    "Mon-Fri three times daily": ("three", "only the week days"),
}


def line(words):
    return f"morphine 30 mg PO {words} x 28 d"


@pytest.mark.parametrize("words", GOOD)
def test_words_for_how_often_have_a_single_canonical_form(words):
    reading = read_line(line(words), SHIPPED)
    assert reading.flaws == ()
    assert str(reading.line) == f"morphine 30 mg oral {GOOD[words]} x 28 d"
    assert read_line(str(reading.line), SHIPPED).line == reading.line


@pytest.mark.parametrize("words", BAD)
def test_only_the_wrong_word_is_refused(words):
    text = f"morphine 30 mg PO {words}" if words.startswith("x ") else line(words)
    reading = read_line(text, SHIPPED)
    assert reading.line is None
    (flaw,) = reading.flaws
    word, message_part = BAD[words]
    assert text[flaw.start : flaw.stop] == word
    assert message_part in f"{flaw.actual}; {flaw.allowed}"


def test_times_of_day_mean_what_a_clock_says():
    for minute in range(0, 1440, 7):
        hour, part = divmod(minute, 60)
        half = "am" if hour < 12 else "pm"
        for text in (clock_text(minute), f"{(hour - 1) % 12 + 1}:{part:02d} {half}"):
            (token,) = tokens(text)
            assert token.kind == "clock"
            assert minute_of(token) == minute


def test_doses_on_work_days_fall_on_work_days():
    courses = oihsim.regimen("morphine 30 mg PO Mon-Fri at 8 am x 14 d starting Wed").courses
    times = sorted(dose.time_h for course in courses for dose in course.doses())
    weekdays = [day for day in range(14) if (2 + day) % 7 < 5]
    assert times == [24.0 * day + 8.0 for day in weekdays]


def test_three_times_daily_is_tid():
    courses = oihsim.regimen("morphine 30 mg PO three times daily x 2 d").courses
    assert courses == oihsim.regimen("morphine 30 mg PO TID x 2 d").courses
    assert [dose.time_h for dose in courses[0].doses()] == [0.0, 8.0, 16.0, 24.0, 32.0, 40.0]


def test_a_range_of_days_holds_all_days_between():
    for first in range(7):
        for length in range(1, 7):
            last = (first + length) % 7
            days = days_of(f"{DAYS[first]}-{DAYS[last]}".casefold())
            assert days == tuple((first + day) % 7 for day in range(length + 1))


def test_a_dotted_abbreviation_means_the_same_as_a_plain_abbreviation():
    for word in (*OFTEN, *AT_NIGHT):
        if len(word) <= 3:
            assert Token("word", ".".join(word) + ".", 0).word == word
            assert [token.word for token in tokens(f"30 mg {'.'.join(word)}.")][1] == word


NAMES = """morphine 30 mg 3 times daily a day twice three every other second day week Mon-Fri Mon -
to Fri weekdays weekend 8 am 8:30 pm 13 p.m. noon midnight bedtime qhs at b.i.d. tds alternate
days per once x 28 d Monday , and starting taper q12h –"""
WORDS = st.sampled_from(NAMES.split())


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=12).map(" ".join))
def test_no_order_of_the_words_breaks_the_reader(text):
    text = f"morphine 30 mg PO {text}"
    reading = read_line(text, SHIPPED)
    assert (reading.line is None) == bool(reading.flaws)
    for flaw in reading.flaws:
        assert 0 <= flaw.start < flaw.stop <= len(text)
    if reading.line is not None:
        assert read_line(str(reading.line), SHIPPED).line == reading.line
