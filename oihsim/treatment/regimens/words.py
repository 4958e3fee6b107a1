"""The words of a regimen line, and a line cut into them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

TIMES: dict[str, Fraction] = {}
"""Spelling of a unit of time -> hours."""

for _names, _hours in (
    ("s sec second seconds", Fraction(1, 3600)),
    ("min mins minute minutes", Fraction(1, 60)),
    ("h hr hrs hour hours", Fraction(1)),
    ("d day days", Fraction(24)),
    ("w wk wks week weeks", Fraction(168)),
):
    TIMES |= dict.fromkeys(_names.split(), _hours)

ROUTES = {
    "po": "oral",
    "sl": "sublingual",
    "td": "transdermal",
    "iv": "iv",
    "im": "im",
    "in": "intranasal",
    "sc": "sc",
    "subcut": "sc",
    "pr": "rectal",
    "inh": "inhaled",
}
"""Abbreviations of routes -> the word by which drug files name them."""

RELEASE = {
    "ir": ("",),
    "er": ("_er",),
    "xr": ("_er",),
    "sr": ("_er",),
    "mr": ("_er",),
    "cr": ("_cr", "_er"),
}
"""How a product releases its drug -> endings of the name of its route, the preferred first."""

OFTEN = {
    "daily": 24,
    "qd": 24,
    "od": 24,
    "bid": 12,
    "bd": 12,
    "tid": 8,
    "tds": 8,
    "qid": 6,
    "qds": 6,
    "qod": 48,
    "eod": 48,
    "weekly": 168,
    "fortnightly": 336,
    "hourly": 1,
}
"""Words for how often, in hours."""

NUMBERS = {
    "twice": 2,
    "thrice": 3,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "eight": 8,
    "twelve": 12,
}
"""Words for how many times a day or week."""

ORDINALS = {"other": 2, "second": 2, "third": 3, "fourth": 4}
"""What may follow ``every``, before a day, a week or an hour."""

AT_NIGHT = ("bedtime", "hs", "qhs", "nightly", "nocte")
"""Words for a daily dose, which need a time of day beside them."""

CLOCKS = {"noon": 720, "midday": 720, "midnight": 0}
"""Words for a time of day, in minutes."""

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEK_DAYS = {
    **{name.casefold(): number for number, name in enumerate(DAYS)},
    **{name: number for number, name in enumerate(_LONG)},
    **{f"{name}s": number for number, name in enumerate(_LONG)},
    "tues": 1,
    "weds": 2,
    "thur": 3,
    "thurs": 3,
}

SEVERAL_DAYS = {
    "weekday": range(5),
    "weekdays": range(5),
    "weekend": range(5, 7),
    "weekends": range(5, 7),
}


def days_of(word: str) -> tuple[int, ...]:
    """Return the week days that a word stands for, none if it is no such word.

    Examples
    --------
    >>> days_of("wed"), days_of("mon-fri"), days_of("fri-mon"), days_of("weekends"), days_of("x")
    ((2,), (0, 1, 2, 3, 4), (4, 5, 6, 0), (5, 6), ())
    """
    if word in WEEK_DAYS:
        return (WEEK_DAYS[word],)
    if word in SEVERAL_DAYS:
        return tuple(SEVERAL_DAYS[word])
    first, dash, last = word.replace("–", "-").partition("-")
    if not dash or first not in WEEK_DAYS or last not in WEEK_DAYS:
        return ()
    start = WEEK_DAYS[first]
    length = (WEEK_DAYS[last] - start) % 7
    return tuple((start + day) % 7 for day in range(length + 1)) if length else ()


GRAMMAR = (
    *(
        "alternate",
        "and",
        "at",
        "by",
        "continuously",
        "continuous",
        "every",
        "first",
        "for",
        "from",
        "last",
    ),
    *("of", "on", "once", "over", "pause", "prn", "q", "starting", "stop", "taper", "the", "then"),
    *("to", "twice", "until", "x"),
)
"""Words with a place of their own in a line."""

RESERVED = {
    *(*GRAMMAR, *ROUTES, *RELEASE, *OFTEN, *WEEK_DAYS, *SEVERAL_DAYS, *AT_NIGHT, *CLOCKS),
    *("a", "each", "per", *NUMBERS),
}
"""Words that are no unit after a number."""

COUNTED_DOSES = ("dose", "doses", "patch", "patches", "times")
"""What may follow the number of doses in ``x 10 doses``."""

MICROGRAMS = re.compile(r"^(ug|µg|μg|mcg|micrograms?)(?=/|$)")

_TOKEN = re.compile(
    r"(?P<clock>\d{1,2}(?:[:.]\d{2})?\s*[aApP](?:[mM]\b|\.[mM]\b\.?)|\d{1,2}:\d{2}(?!\d))"
    r"|(?P<interval>[qQ]\d+(?:\.\d+)?[A-Za-z]+)"
    r"|(?P<number>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+)"
    r"|(?P<times>[xX×](?=\s*\d))"
    r"|(?P<unit>[A-Za-zµμ]+(?:/[A-Za-zµμ]+)+|%)"
    r"|(?P<dotted>[A-Za-z](?:\.[A-Za-z])+\b\.?)"
    r"|(?P<word>[^\W\d][\w–-]*)"
    r"|(?P<comma>[,;])"
    r"|(?P<odd>\S)"
)


@dataclass(frozen=True)
class Token:
    """A word, a quantity or a mark of a line, and where it stands.

    ``kind`` is clock, interval, quantity, number, times, word, comma or odd; ``number`` and
    ``unit`` are those of a quantity.
    """

    kind: str
    text: str
    start: int
    number: str = ""
    unit: str = ""

    @property
    def word(self) -> str:
        """The text without regard to case; ``b.i.d.`` is ``bid``."""
        text = self.text.casefold()
        return text.replace(".", "") if self.kind == "word" else text

    @property
    def stop(self) -> int:
        """Where it ends, exclusive."""
        return self.start + len(self.text)


def tokens(text: str) -> list[Token]:
    """Return the words of a line; a number and its unit are one word.

    Examples
    --------
    >>> [(one.kind, one.text) for one in tokens("30 mg PO q12h x 28 d")]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('quantity', '30 mg'), ('word', 'PO'), ('interval', 'q12h'), ('times', 'x'),
     ('quantity', '28 d')]
    """
    line_tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind, word = str(match.lastgroup), match[0]
        if kind == "dotted":
            line_tokens.append(Token("word", word, match.start()))
            continue
        kind = "clock" if word.casefold() in CLOCKS else kind
        before = line_tokens[-1] if line_tokens else None
        unit = kind == "unit" or (kind == "word" and word.casefold() not in RESERVED)
        if before is not None and before.kind == "number" and unit:
            joined = text[before.start : match.end()]
            line_tokens[-1] = Token("quantity", joined, before.start, before.text, word)
        else:
            line_tokens.append(Token("word" if kind == "unit" else kind, word, match.start()))
    return line_tokens


def amount_unit(unit: str) -> str:
    """Return a unit of dose as a canonical line writes it.

    Examples
    --------
    >>> amount_unit("µg/kg/min"), amount_unit("sessions")
    ('mcg/kg/min', 'session')
    """
    unit = MICROGRAMS.sub("mcg", unit)
    singular = unit.removesuffix("s")
    return singular if singular in ("session", "block", "incision") else unit


def is_rate(unit: str) -> bool:
    """Return whether a unit is one per time.

    Examples
    --------
    >>> is_rate("mg/kg/h"), is_rate("mg/kg")
    (True, False)
    """
    return "/" in unit and unit.rpartition("/")[2] in TIMES


def decimal(number: Fraction) -> str:
    """Return a number without exponent, exactly if its decimals end.

    Examples
    --------
    >>> decimal(Fraction(1, 2)), decimal(Fraction(1200)), decimal(Fraction("0.00001"))
    ('0.5', '1200', '0.00001')
    """
    if number.denominator == 1:
        return str(number.numerator)
    places = 0
    while places < 50 and (number * 10**places).denominator != 1:
        places += 1
    digits = str(round(number * 10**places)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


def time_text(hours: Fraction, compact: bool = False) -> str:
    """Return a time in the largest unit in which it is whole.

    Examples
    --------
    >>> time_text(Fraction(672)), time_text(Fraction(1, 2)), time_text(Fraction(36))
    ('28 d', '30 min', '36 h')
    >>> time_text(Fraction(72), compact=True)
    '72h'
    """
    units = [("h", Fraction(1)), ("min", Fraction(1, 60))]
    for unit, size in units if compact else [("d", Fraction(24)), *units]:
        if (hours / size).denominator == 1:
            return f"{decimal(hours / size)}{'' if compact else ' '}{unit}"
    return f"{decimal(hours * 3600)}{'' if compact else ' '}s"


def clock_text(minutes: int) -> str:
    """Return a time of day.

    Examples
    --------
    >>> clock_text(485)
    '08:05'
    """
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
