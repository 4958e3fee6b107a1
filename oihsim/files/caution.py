"""The one sentence that every result, figure, page and table carries."""

from collections.abc import Iterable

from oihsim.files.text_table import folded

CAUTION = (
    "A research and teaching model, not for dosing decisions; "
    "breathing and overdose are not modelled."
)


def cautions(breathing: str) -> str:
    """Return the caution, led by a result's sentence on breathing if it has one.

    Parameters
    ----------
    breathing : ``ds.attrs["breathing"]``, or ``""``

    Examples
    --------
    >>> cautions("") == CAUTION
    True
    """
    return f"{breathing} {CAUTION}".strip()


def closed(
    lines: Iterable[str], notes: Iterable[str], breathing: str, width: int | None = None
) -> str:
    """Return the lines of a table with wrapped notes below, the cautions last.

    Parameters
    ----------
    lines : of a table; they are not wrapped
    notes : one paragraph each
    breathing : ``ds.attrs["breathing"]``, or ``""``
    width : characters per line of the notes; None for :data:`oihsim.files.text_table.WIDTH`

    Examples
    --------
    >>> closed(["a table"], ["A note."], "").splitlines()[:3]
    ['a table', '', 'A note.']
    """
    paragraphs = [*notes, *([breathing] if breathing else []), CAUTION]
    foot = [line for paragraph in paragraphs for line in folded(paragraph, width)]
    return "\n".join([*lines, "", *foot])
