"""Any line that can be written is read back as it was; no text breaks the reader."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from oihsim.treatment.regimens.expansion import expanded
from oihsim.treatment.regimens.line import Give, Pause, Quantity, RegimenLine, Rhythm, Taper
from oihsim.treatment.regimens.regimen_reading import read_line
from oihsim.treatment.regimens.words import DAYS, TIMES
from oihsim.treatment.vocabulary import SHIPPED

numbers = st.decimals("0.001", "2000", places=3).map(Fraction)
times = st.one_of(
    st.integers(1, 400).map(lambda days: Fraction(24 * days)),
    st.integers(1, 400).map(Fraction),
    st.integers(1, 400).map(lambda minutes: Fraction(minutes, 60)),
    st.decimals("0.1", "300", places=2).map(Fraction),
)
moments = st.one_of(st.just(Fraction(0)), times)
clocks = st.sets(st.integers(0, 1439), max_size=3).map(sorted).map(tuple)
BOLUS = [("morphine", "oral"), ("morphine", "oral_er"), ("methadone", "oral"), ("heroin", "im"),
         ("ketamine", "sublingual"), ("oxycodone", "oral_cr")]  # fmt: skip


@st.composite
def rhythms(draw, patch=False):
    if patch:
        return Rhythm(draw(times), (), draw(clocks)[:1])
    days = tuple(sorted(draw(st.sets(st.integers(0, 6), max_size=3))))
    when = draw(clocks)
    interval_h = draw(times) if not days and len(when) < 2 else None
    return Rhythm(interval_h, days, when)


@st.composite
def gives(draw, first):
    kind = draw(st.sampled_from(["bolus", "infusion", "patch", "repeated rate", "rate", "once"]))
    drug, route = draw(st.sampled_from(BOLUS))
    over, rhythm = None, Rhythm()
    unit = draw(st.sampled_from(["mg", "mg/kg", "mcg"]))
    if kind in ("infusion", "repeated rate", "rate"):
        drug, route = draw(st.sampled_from([("ketamine", "iv"), ("remifentanil", "iv")]))
        over = None if kind == "rate" else draw(times)
    if kind == "patch":
        drug, route = "fentanyl", "transdermal"
    if kind in ("patch", "repeated rate", "rate"):
        unit = draw(st.sampled_from(["mcg/h", "mg/kg/h", "mcg/kg/min", "mg/d"]))
    if kind in ("bolus", "infusion", "repeated rate", "patch"):
        rhythm = draw(rhythms(kind == "patch"))
    give = Give(drug, route, Quantity(draw(numbers), unit), over, rhythm)
    ends = {} if give.single else draw(st.sampled_from(["for", "until", "doses"]))
    if ends == "doses" and rhythm.repeats:
        ends = {"doses": draw(st.integers(1, 500))}
    elif not give.single:
        ends = {"until_h" if ends == "until" else "for_h": draw(times)}
    start = draw(st.one_of(st.none(), moments))
    return Give(drug, route, give.dose, over, rhythm, start, **ends)


@st.composite
def lines(draw):
    parts = [draw(gives(True))]
    for _ in range(draw(st.integers(0, 3))):
        last = parts[-1]
        kind = draw(st.sampled_from(["give", "pause", "taper"]))
        if kind == "pause":
            parts.append(Pause(draw(times)))
        elif kind == "taper" and isinstance(last, Give) and not last.single:
            weeks = Fraction(168 * draw(st.integers(1, 4)))
            step_h = (
                weeks if last.rhythm.every_h is None or last.is_rate else 2 * last.rhythm.every_h
            )
            until = Quantity(last.dose.number / 2, last.dose.unit)
            step, first = draw(st.sampled_from([("%", True), ("%", False), ("own", False)]))
            size = Quantity(Fraction(7), "%")
            if step == "own":
                size = Quantity(last.dose.number / 5, last.dose.unit)
            parts.append(Taper(size, first, step_h, until))
        else:
            parts.append(draw(gives(False)))
    stop = isinstance(parts[-1], Taper) and draw(st.booleans())
    starting = draw(st.tuples(st.integers(0, 6), st.integers(0, 1439)))
    return RegimenLine(tuple(parts), stop, starting)


@settings(max_examples=100, deadline=None)
@given(lines())
def test_what_is_printed_is_read_back_as_it_was(line):
    reading = read_line(str(line), SHIPPED)
    assert reading.flaws == ()
    assert reading.line == line
    assert str(reading.line) == str(line)


@settings(max_examples=100, deadline=None)
@given(lines(), st.one_of(st.none(), st.floats(1.0, 5000.0)))
def test_an_expansion_is_doses_or_flaws_within_the_text(line, end):
    text = str(line)
    doses, flaws = expanded(read_line(text, SHIPPED), end)
    assert doses or flaws
    for flaw in flaws:
        assert 0 <= flaw.start < flaw.stop <= len(text)


NAMES = """morphine ketamine fentanyl morfine physical therapy 30 mg 0.5 mg/kg 25 mcg/h mgg PO IV TD
ER oral q12h q72h q daily BID weekly every 12 h x 28 d doses over 30 min at 08:00 and 20:00 Mon Wed
25:00 from day 15 until 5 mg taper 10 % of the first last dose then stop pause once , starting
twice prn ; ! 1,000 é continuously patch 0 . - + x"""
WORDS = st.sampled_from(NAMES.split())


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.lists(WORDS, max_size=14).map(" ".join), st.text(max_size=60)))
def test_no_text_breaks_the_reader(text):
    reading = read_line(text, SHIPPED)
    assert (reading.line is None) == bool(reading.flaws)
    for flaw in reading.flaws:
        assert 0 <= flaw.start < max(flaw.stop, 1)
        assert flaw.actual
        assert flaw.allowed
    if reading.line is not None:
        assert read_line(str(reading.line), SHIPPED).line == reading.line
        doses, flaws = expanded(reading, 720.0)
        assert doses or flaws


def test_each_unit_of_time_has_its_length():
    for word, hours in TIMES.items():
        line = read_line(f"morphine 30 mg PO q12h x 48 {word}", SHIPPED).line
        assert line.parts[0].for_h == 48 * hours


def test_each_week_day_has_its_number():
    for number, day in enumerate(DAYS):
        line = read_line(f"morphine 30 mg PO {day}", SHIPPED).line
        assert line.parts[0].rhythm.days == (number,)
