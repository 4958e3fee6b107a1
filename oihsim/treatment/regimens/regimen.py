"""``oihsim.regimen``: a regimen line as courses, for Python and the command line."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from oihsim.files.caution import CAUTION
from oihsim.files.errors import InputError, Problem
from oihsim.files.findings import Findings, hours
from oihsim.files.forms import Form, read_form, shown
from oihsim.files.text_table import folded
from oihsim.files.yaml import LONGEST_ACTUAL, LONGEST_ALLOWED, Document, message_text
from oihsim.treatment.arm import Arm, Course
from oihsim.treatment.breathing import concerns, sentence
from oihsim.treatment.doses.courses import course, order
from oihsim.treatment.doses.dose_checks import check_doses
from oihsim.treatment.doses.dose_form import LONGEST, Doses
from oihsim.treatment.doses.dose_table import dose_table, hours_text
from oihsim.treatment.regimens.clause import Flaw
from oihsim.treatment.regimens.equivalents import DESCRIPTIVE, Equivalents, equivalents, in_words
from oihsim.treatment.regimens.expansion import expanded, shown_end
from oihsim.treatment.regimens.line import RegimenLine
from oihsim.treatment.regimens.regimen_reading import read_line
from oihsim.treatment.vocabulary import SHIPPED, Vocabulary

NAME = "regimen"

HOW_TO_END = "--duration '90 d' on the command line, duration=\"90 d\" in Python"


class RegimenError(InputError):
    """All flaws of a regimen line; the text marks their words in the line."""

    def __init__(self, text: str, flaws: tuple[Flaw, ...]) -> None:
        super().__init__(
            Problem(
                NAME,
                None,
                f"column {flaw.start + 1}",
                message_text(flaw.actual, LONGEST_ACTUAL),
                message_text(flaw.allowed, LONGEST_ALLOWED),
            )
            for flaw in flaws
        )
        self.text = text
        marks = [" "] * max([len(text) + 1, *(flaw.start + 1 for flaw in flaws)])
        for flaw in flaws:
            for column in range(flaw.start, min(max(flaw.stop, flaw.start + 1), len(marks))):
                marks[column] = "^"
        shown_line = "".join(letter if letter.isprintable() else " " for letter in text)
        messages = "\n".join(str(problem) for problem in self.problems)
        self.args = (f"{shown_line}\n{''.join(marks).rstrip()}\n{messages}",)


@dataclass(frozen=True)
class Regimen:
    """A regimen: its courses of doses and its canonical text.

    Made by :func:`regimen`.

    Parameters
    ----------
    text : the canonical line; reading it gives the same regimen
    shown : courses in hours and mg from time 0, sorted; those of an open-ended line up to ``end_h``
    duration_h : end of the period as passed to :func:`regimen`, h, or None
    line : the parts of the line, as data
    written : the shown courses as a scenario file writes them
    shown_h : end of the shown courses of an open-ended line, h; else None
    no_end : the line as written, and its flaws where an end is needed
    """

    text: str
    shown: tuple[Course, ...]
    duration_h: float | None
    line: RegimenLine
    written: tuple[dict[str, Any], ...]
    vocabulary: Vocabulary
    shown_h: float | None = None
    no_end: tuple[str, tuple[Flaw, ...]] = field(default=("", ()), compare=False, repr=False)

    def __str__(self) -> str:
        """Return the canonical line."""
        return self.text

    @property
    def open_ended(self) -> bool:
        """Whether neither the line nor ``duration`` gives an end."""
        return self.shown_h is not None

    @property
    def courses(self) -> tuple[Course, ...]:
        """Every course of doses, sorted.

        Raises
        ------
        InputError
            the regimen is open-ended: ``duration="90 d"`` gives it an end
        """
        if self.open_ended:
            raise RegimenError(*self.no_end)
        return self.shown

    @property
    def doses(self) -> tuple[dict[str, Any], ...]:
        """The courses as a scenario file writes them; raises as ``courses`` does."""
        return self.written if self.courses else ()

    @property
    def end_h(self) -> float:
        """End of the period, h: ``duration``, the time of the next dose, or a day after one dose.

        The end of the shown courses if the regimen is open-ended.
        """
        end = self.duration_h or self.shown_h
        if end is not None:
            return end
        return max(
            course.last_h + (max(course.every_h, course.duration_h) or 24.0)
            for course in self.shown
        )

    @property
    def open_text(self) -> str:
        """Two lines beside the doses of an open-ended regimen; empty for any other."""
        if not self.open_ended:
            return ""
        return f"open-ended: shown until {hours_text(self.end_h)}\nan end is given by {HOW_TO_END}"

    @property
    def oral_morphine_equivalents(self) -> Equivalents | None:
        """Descriptive mg a day; None without an opioid. Never for converting doses."""
        return equivalents(self.shown, self.end_h, self.vocabulary.opioid)

    @property
    def breathing(self) -> str:
        """The sentence on breathing; empty if no opioid is begun, raised, changed or stopped."""
        arms = {"this regimen": Arm("this regimen", self.shown)}
        return sentence(concerns(arms, self.vocabulary.opioid, self.end_h))

    def table(self, width: int | None = None) -> str:
        """Return a table of the courses, with the descriptive equivalents and the caution.

        Parameters
        ----------
        width : characters of a line; None for as many as the table needs
        """
        lines = [self.text, "", *dose_table([vars(course) for course in self.shown], width)]
        lines += [f"  {line}" for line in self.open_text.splitlines()]
        daily = self.oral_morphine_equivalents
        if daily is not None:
            lines += [f"  {in_words(daily)}", "", *folded(DESCRIPTIVE, width)]
        return "\n".join([*lines, "", *folded(self.breathing, width), CAUTION])

    def as_json(self) -> dict[str, Any]:
        """Return plain data: the line, its courses, and the doses as a file writes them.

        An open-ended regimen has neither; its equivalents are of each day that is shown.
        """
        daily = self.oral_morphine_equivalents
        equivalent = None
        if daily is not None:
            days, missing = list(daily.a_day) or None, list(daily.missing)
            equivalent = {"mg_a_day": days, "no_factor": missing, "note": DESCRIPTIVE}
        return {
            "regimen": self.text,
            "open_ended": self.open_ended,
            "courses": None if self.open_ended else [dict(vars(course)) for course in self.shown],
            "doses": None if self.open_ended else [dict(line) for line in self.written],
            "oral_morphine_equivalents": equivalent,
            "breathing": self.breathing,
            "caution": CAUTION,
        }


class _DosesForm(Form):
    """The doses that a line stands for."""

    doses: Doses


def regimen(
    text: str, *, duration: str | float | None = None, vocabulary: Vocabulary = SHIPPED
) -> Regimen:
    """Return a regimen written in one line.

    Parameters
    ----------
    text : such as ``"morphine 30 mg PO q12h x 28 d, then 45 mg q12h x 28 d"``. Time 0 is the
        start, midnight before a Monday unless the line has ``starting Wed 08:00``
    duration : end of the period, ``"90 d"`` or hours. Without an end here and in the line, the
        regimen is open-ended: it has a text, but no courses
    vocabulary : the known names

    Returns
    -------
    Regimen

    Raises
    ------
    InputError
        with every flaw; its text marks the words in the line

    Examples
    --------
    >>> taper = regimen("methadone 40 mg PO daily, taper 10 % every 7 d until 5 mg, then stop")
    >>> taper.text
    'methadone 40 mg oral daily, taper 10 % of the first dose every 7 d until 5 mg, then stop'
    >>> [course.amount for course in taper.courses]
    [40.0, 36.0, 32.0, 28.0, 24.0, 20.0, 16.0, 12.0, 8.0, 5.0]
    >>> regimen("morphine 30 mgg PO q12h x 28 d")
    Traceback (most recent call last):
    oihsim.treatment.regimens.regimen.RegimenError: morphine 30 mgg PO q12h x 28 d
             ^^^^^^
    regimen: column 10: found '30 mgg'; allowed: an amount such as '30 mg' ('mgg' is no unit)
    """
    end = _end(duration)
    if not isinstance(text, str):
        allowed = "text such as 'morphine 30 mg PO q12h x 28 d'"
        raise InputError([Problem(NAME, None, "text", message_text(repr(text), 80), allowed)])
    reading = read_line(text, vocabulary)
    if reading.line is None:
        raise RegimenError(text, reading.flaws)
    shown_h = shown_end(reading) if end is None else None
    lacking = () if shown_h is None else tuple(map(_how_to_end, expanded(reading)[1]))
    doses, flaws = expanded(reading, end or shown_h)
    if flaws:
        raise RegimenError(text, flaws)
    document = Document(NAME, {"doses": doses})
    form, problems = read_form(document, _DosesForm)
    findings = Findings(document)
    check_doses(findings, ("doses",), doses, vocabulary, end or shown_h)
    if form is None or problems or findings.problems:
        raise InputError([*findings.problems, *problems])
    courses = sorted((course(line, 0.0) for line in form.doses), key=order)
    return Regimen(
        str(reading.line),
        tuple(Course(**fields) for fields in courses),
        end,
        reading.line,
        tuple(doses),
        vocabulary,
        shown_h,
        (text, lacking),
    )


def _how_to_end(flaw: Flaw) -> Flaw:
    return replace(flaw, allowed=f"{flaw.allowed}: {HOW_TO_END}")


def _end(duration: Any) -> float | None:
    if duration is None:
        return None
    number = isinstance(duration, int | float) and not isinstance(duration, bool)
    end = float(duration) if number else hours(duration)
    if end is None or not 0.0 < end <= LONGEST:
        actual, allowed = shown(duration), "a time such as '90 d', or hours; at most 5 years"
        raise InputError([Problem(NAME, None, "duration", actual, allowed)])
    return end
