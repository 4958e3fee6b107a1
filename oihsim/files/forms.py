"""Forms of input files: pydantic judges each field, and this module words its complaints."""

from __future__ import annotations

from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from oihsim.files.errors import Problem
from oihsim.files.yaml import Document, Place, closest


class Form(BaseModel):
    """A mapping with known keys; the description of a field says what is allowed in it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


F = TypeVar("F", bound=Form)


def read_form(document: Document, form: type[F]) -> tuple[F | None, list[Problem]]:
    """Return the filled form, or None and every problem of a single field.

    Examples
    --------
    >>> class Cup(Form):
    ...     size: int
    >>> read_form(Document("cup.yaml", {"size": 3}), Cup)
    (Cup(size=3), [])
    >>> print(read_form(Document("cup.yaml", {"sise": 3, "size": 4}), Cup)[1][0])
    cup.yaml: sise: found a key 'sise'; allowed: did you mean 'size'? (known: size)
    """
    try:
        return form.model_validate(document.data), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, list(dict.fromkeys(_problem(document, form, detail) for detail in details))


def shown(value: Any) -> str:
    """Return a value as messages show it.

    Examples
    --------
    >>> shown("60 mgg"), shown(None), shown([1, 2])
    ("'60 mgg'", 'nothing', 'a list')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "keys with values" if isinstance(value, dict) else "a list"
    return repr(value) if len(str(value)) <= 80 else f"{str(value)[:77]!r}..."


def _problem(document: Document, form: type[Form], detail: ErrorDetails) -> Problem:
    """Return pydantic's complaint in the words of this package."""
    kind = detail["type"]
    place = _place(document.data, detail["loc"], absent=kind == "missing")
    owner, inner, description = _field(form, place)
    if kind == "extra_forbidden":
        key, known = str(place[-1]), list(_fields(owner))
        return document.problem(place, f"a key {shown(key)}", closest(key, known))
    if kind == "missing":
        return document.problem(place, "nothing", description)
    if detail["loc"][-1:] == ("[key]",):
        actual = f"the name {shown(str(place[-1]))}"
        return document.problem(place, actual, "a word of letters, digits, _ or -")
    allowed = str(detail["ctx"]["error"]) if kind == "value_error" else description
    if kind == "model_type" and inner is not None:
        allowed = f"keys with values: {', '.join(_fields(inner))}"
    return document.problem(place, shown(_value(document.data, place)), allowed)


def _place(data: Any, loc: tuple[int | str, ...], absent: bool) -> Place:
    """Return ``loc`` without the parts that pydantic adds for unions and keys.

    ``absent`` says that the last part is a key that is not in the data.
    """
    place: list[int | str] = []
    for number, part in enumerate(loc):
        within = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if within or (isinstance(data, dict) and part in data):
            place.append(part)
            data = data[part]
        elif absent and number == len(loc) - 1:
            place.append(part)
    return tuple(place)


def _value(data: Any, place: Place) -> Any:
    for part in place:
        data = data[part]
    return data


def _field(form: type[Form], place: Place) -> tuple[type[BaseModel], type[BaseModel] | None, str]:
    """Return the form that has the last part of ``place``, the form there, and what is allowed."""
    owner: type[BaseModel] = form
    inner: type[BaseModel] | None = form
    description, named = "keys with values", False
    for part in place:
        if isinstance(part, int) or inner is None:
            continue
        if named:  # a name that the author of the file chose, such as that of an arm
            named = False
            continue
        owner, field = inner, _fields(inner).get(part)
        if field is None:
            break
        description = field.description or description
        inner = _inner(field.annotation)
        named = inner is not None and "dict[" in str(field.annotation)
    return owner, inner, description


def _fields(form: type[BaseModel]) -> dict[str, Any]:
    return {info.alias or name: info for name, info in form.model_fields.items()}


def _inner(annotation: Any) -> type[BaseModel] | None:
    """Return the form inside a type such as ``dict[str, Form]``, if there is one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    forms = (_inner(argument) for argument in get_args(annotation))
    return next((form for form in forms if form is not None), None)
