"""The one sentence that every result, figure, page and table carries."""

from collections.abc import Iterable

from oihsim.files.text_table import folded

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


def closed(
    lines: Iterable[str], notes: Iterable[str], breathing: str, width: int | None = None
) -> str:
    """Return lines of text with notes below them, each wrapped, and the cautions last.

    Parameters
    ----------
    lines : of a table, left as they are
    notes : of one paragraph each
    breathing : ``ds.attrs["breathing"]``, or nothing
    width : characters of a line of the notes; None for :data:`oihsim.files.text_table.WIDTH`

    Examples
    --------
    >>> closed(["a table"], ["A note."], "").splitlines()[:3]
    ['a table', '', 'A note.']
    """
    paragraphs = [*notes, *([breathing] if breathing else []), CAUTION]
    foot = [line for paragraph in paragraphs for line in folded(paragraph, width)]
    return "\n".join([*lines, "", *foot])
