"""The one sentence that every result, figure, page and table carries."""

CAUTION = (
    "A research and teaching model, not for dosing decisions; "
    "breathing and overdose are not modelled."
)
