"""The one sentence that every result, figure, page and table carries."""

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
