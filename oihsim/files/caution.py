"""The one sentence that every result, figure, page and table carries."""

import textwrap
from collections.abc import Iterable

CAUTION = (
    "A research and teaching model, not for dosing decisions; "
    "breathing and overdose are not modelled."
)


def cautions(breathing: str) -> str:
    """Return the caution, led by a result's own sentence on breathing if it has one.

    Parameters
    ----------
    breathing : ``ds.attrs["breathing"]``, or nothing

    Examples
    --------
    >>> cautions("") == CAUTION
    True
    """
    return f"{breathing} {CAUTION}".strip()


def closed(lines: Iterable[str], notes: Iterable[str], breathing: str, width: int) -> str:
    """Return lines of text with notes below them, each wrapped, and the cautions last.

    Parameters
    ----------
    lines : of a table, left as they are
    notes : of one paragraph each
    breathing : ``ds.attrs["breathing"]``, or nothing
    width : characters of a line

    Examples
    --------
    >>> closed(["a table"], ["A note."], "", 200).splitlines()[:3]
    ['a table', '', 'A note.']
    """
    said = [*notes, *([breathing] if breathing else []), CAUTION]
    foot = [line for note in said for line in textwrap.wrap(note, width)]
    return "\n".join([*lines, "", *foot])
