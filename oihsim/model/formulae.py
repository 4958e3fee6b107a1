"""Equations as SymPy expressions: formulae for documents, the exact Jacobian of a linked system.

Each equation is called with SymPy symbols named after its arguments; in a copy of its module's
names, SymPy twins replace the shapes of :mod:`oihsim.model.shapes`. So the printed formulae are
the computed ones. SymPy is imported with the first formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import FunctionType
from typing import TYPE_CHECKING, Any

from oihsim.files.errors import ModelError, OihsimError
from oihsim.model import shapes as functions
from oihsim.model.mechanism import Mechanism

if TYPE_CHECKING:
    import sympy

GREEK = re.findall(
    r"\w+",
    "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu rho sigma tau phi psi omega",
)

SHAPES_TEXT = {
    "power": "x^n, and 0 for x ≤ 0",
    "hill": "hill(x, x50, n) = x^n / (x^n + x50^n), and 0 for x ≤ 0",
    "hinge": "hinge(x, d) = x^2 / (x + d), and 0 for x ≤ 0",
    "rectify": "rectify(x, d) = x^4 / ((x + d) (x^2 + d^2)), and 0 for x ≤ 0",
    "odds": "odds(x) = x / (1 - x), and ∞ for x ≥ 1",
}
"""The shapes in words, for the head of a document of formulae."""


def formulae(mechanism: Mechanism, *, named_shapes: bool = False) -> list[tuple[Any, Any]]:
    """Return each equation of a mechanism as (left-hand side, SymPy expression).

    Parameters
    ----------
    mechanism : one process
    named_shapes : leave ``hill``, ``hinge`` and ``odds`` as named functions and ``power(x, n)`` as
        ``x**n``, for reading; otherwise each is its exact ``Piecewise``, for calculating

    Returns
    -------
    list of (sympy.Expr, sympy.Expr)
        outputs in declared order as ``(Symbol, expression)``, then states as
        ``(Derivative(Symbol, t), expression)``, in units of the state per hour

    Raises
    ------
    OihsimError
        if SymPy is not installed
    ModelError
        if ``rates`` returns another number of values than there are states

    Examples
    --------
    >>> from oihsim.model.parameter import Parameter, State
    >>> def rates(A, k): return -k * A
    >>> decay = Mechanism("decay", "loss", rates=rates,
    ...     states=[State("A", "amount", 1.0, "1", "amount left")],
    ...     parameters=[Parameter("k", 0.1, "1/h", "rate of loss")])
    >>> formulae(decay)
    [(Derivative(A, t), -A*k)]
    """
    sp = _sympy()
    twins = _readable(sp) if named_shapes else _exact(sp, _piecewise)
    equations = [
        (_symbol(sp, output.symbol), _read(sp, output.equation, {}, twins))
        for output in mechanism.outputs
    ]
    time = sp.Symbol("t", real=True)
    for state, rate in zip(mechanism.states, _rates(sp, mechanism, {}, twins), strict=True):
        equations.append((sp.Derivative(_symbol(sp, state.symbol), time), rate))
    return equations


def latex(mechanism: Mechanism) -> str:
    r"""Return the equations as LaTeX, one per line, without dollar signs.

    Examples
    --------
    >>> from oihsim.model.parameter import Output
    >>> def block(total_nmda_drive): return 1.0 / (1.0 + total_nmda_drive)
    >>> print(latex(Mechanism("nmda", "channel block",
    ...     outputs=[Output("block", "nmda_unblocked", "1", "open fraction", block)])))
    \text{block} = \frac{1}{\text{total nmda drive} + 1}
    """
    sp = _sympy()
    lines = []
    for left, right in formulae(mechanism, named_shapes=True):
        names = {symbol: _latex_name(symbol.name) for symbol in left.atoms(sp.Symbol)}
        names |= {symbol: _latex_name(symbol.name) for symbol in right.atoms(sp.Symbol)}
        if isinstance(left, sp.Derivative):
            head = rf"\frac{{d {names[left.expr]}}}{{d t}}"
        else:
            head = names[left]
        body = sp.latex(right, symbol_names=names, mul_symbol="dot")
        lines.append(f"{head} = {body}")
    return "\n".join(lines)


def plain(mechanism: Mechanism) -> str:
    """Return the equations as Unicode text, one per line, for a terminal.

    Examples
    --------
    >>> from oihsim.model.parameter import Output
    >>> def twice(x): return 2.0 * x * x
    >>> print(plain(Mechanism("m", "twice", outputs=[Output("y", "y", "1", "…", twice)])))
    y = 2·x²
    """
    sp = _sympy()
    lines = []
    for left, right in formulae(mechanism, named_shapes=True):
        head = f"d{left.expr}/dt" if isinstance(left, sp.Derivative) else str(left)
        text = sp.sstr(right).replace("**2", "²").replace("**3", "³").replace("**", "^")
        text = re.sub("(?<![0-9]e)-", "−", text.replace("*", "·"))
        lines.append(f"{head} = {text}")
    return "\n".join(lines)


def jacobian(mechanisms: Sequence[Mechanism]) -> tuple[tuple[Any, ...], sympy.Matrix]:
    """Return the states and the exact Jacobian of their rates, with all outputs substituted.

    Parameters
    ----------
    mechanisms : the processes of one body

    Returns
    -------
    symbols : tuple of sympy.Symbol, the n states in the order of the mechanisms
    matrix : sympy.Matrix (n, n), entry (i, j) the derivative of the rate of state i with respect
        to state j, in 1/h times the ratio of their units; parameters appear as symbols named by
        their address (``nmda.k_on``), drives as symbols named as declared. Branches appear as
        ``where(x, a, b)``: a where x > 0, else b; ``rewrite(sympy.Piecewise)`` spells them out

    Raises
    ------
    ModelError
        if outputs need one another in a circle
    OihsimError
        if SymPy is not installed

    Examples
    --------
    >>> from oihsim.model.parameter import Parameter, State
    >>> def rates(A, k): return -k * A * A
    >>> decay = Mechanism("decay", "loss", rates=rates,
    ...     states=[State("A", "amount", 1.0, "1", "amount left")],
    ...     parameters=[Parameter("k", 0.1, "1/h", "rate of loss")])
    >>> jacobian([decay])
    ((A,), Matrix([[-2*A*decay.k]]))
    """
    sp = _sympy()
    twins = _exact(sp, _where())
    outputs: dict[Any, Any] = {}
    rates: list[Any] = []
    for mechanism in mechanisms:
        addresses = {p.symbol: _symbol(sp, p.address(mechanism.name)) for p in mechanism.parameters}
        for output in mechanism.outputs:
            outputs[_symbol(sp, output.symbol)] = _read(sp, output.equation, addresses, twins)
        rates += _rates(sp, mechanism, addresses, twins)
    states = tuple(_symbol(sp, state.symbol) for m in mechanisms for state in m.states)
    solved: dict[Any, Any] = {}
    slopes: dict[Any, list[Any]] = {}  # of each output with respect to each state
    for symbol in _by_need(outputs):
        slopes[symbol] = _slopes(outputs[symbol], states, slopes)
        solved[symbol] = outputs[symbol].xreplace(solved)
    rows = [_slopes(rate, states, slopes) for rate in rates]
    entries = [[entry.xreplace(solved) for entry in row] for row in rows]
    return states, sp.Matrix(len(states), len(states), [e for row in entries for e in row])


def _slopes(
    expression: Any, states: Sequence[Any], known: Mapping[Any, Sequence[Any]]
) -> list[Any]:
    """Return the derivative with respect to each state, through outputs by the chain rule."""
    direct = [expression.diff(state) for state in states]
    for output in sorted(expression.free_symbols & set(known), key=lambda s: s.name):
        slope = expression.diff(output)
        direct = [total + slope * inner for total, inner in zip(direct, known[output], strict=True)]
    return direct


def _by_need(outputs: Mapping[Any, Any]) -> list[Any]:
    """Return the outputs so that each follows those it reads.

    Raises
    ------
    ModelError
        if some need one another in a circle
    """
    waiting = {symbol: expr.free_symbols & set(outputs) for symbol, expr in outputs.items()}
    order: list[Any] = []
    while waiting:
        ready = [symbol for symbol, needs in waiting.items() if needs <= set(order)]
        if not ready:
            circle = ", ".join(sorted(symbol.name for symbol in waiting))
            raise ModelError(f"outputs that need one another in a circle: {circle}")
        order += ready
        waiting = {symbol: needs for symbol, needs in waiting.items() if symbol not in ready}
    return order


def _sympy() -> Any:
    """Return the SymPy module.

    Raises
    ------
    OihsimError
        if SymPy is not installed
    """
    try:
        import sympy as sp
    except ImportError as error:
        raise OihsimError('formulae need SymPy: pip install "oihsim[docs]"') from error
    return sp


def _symbol(sp: Any, name: str) -> Any:
    """Return the real symbol of a name."""
    return sp.Symbol(name, real=True)


def _piecewise(x: Any, yes: Any, no: Any) -> Any:
    """Return ``yes`` where ``x > 0``, else ``no``, as SymPy writes it."""
    sp = _sympy()
    return sp.Piecewise((yes, x > 0), (no, True))


@cache
def _where() -> Any:
    """Return the SymPy function ``where(x, a, b)``: a where ``x > 0``, else b.

    Nested in one another, Piecewise conditions are multiplied out by SymPy without end.
    """
    sp = _sympy()

    class where(sp.Function):  # type: ignore[name-defined,misc]  # noqa: N801 - as printed
        nargs = 3

        @classmethod
        def eval(cls, x: Any, yes: Any, no: Any) -> Any:
            if yes == no:
                return yes
            return (yes if x > 0 else no) if x.is_number else None

        def _eval_derivative(self, symbol: Any) -> Any:
            x, yes, no = self.args
            return self.func(x, yes.diff(symbol), no.diff(symbol))

        def _eval_rewrite_as_Piecewise(self, x: Any, yes: Any, no: Any, **_: Any) -> Any:  # noqa: N802
            return sp.Piecewise((yes, x > 0), (no, True), evaluate=False)

        def _pythoncode(self, printer: Any) -> str:
            x, yes, no = (printer.doprint(argument) for argument in self.args)
            return f"(({yes}) if ({x}) > 0 else ({no}))"

    return where


def _exact(
    sp: Any, where: Callable[[Any, Any, Any], Any]
) -> dict[Callable[..., Any], Callable[..., Any]]:
    """Return for each shape its SymPy twin, equal to it everywhere."""

    def hill(x: Any, x50: Any, n: Any) -> Any:
        y = (x / x50) ** n
        return where(x, y / (1 + y), sp.Integer(0))

    return {
        functions.exp: sp.exp,
        functions.power: lambda x, n: where(x, sp.sympify(x) ** n, sp.Integer(0)),
        functions.hill: hill,
        functions.hinge: lambda x, d: where(x, x * x / (x + d), sp.Integer(0)),
        functions.rectify: lambda x, d: where(x, x**4 / ((x + d) * (x**2 + d**2)), sp.Integer(0)),
        functions.odds: lambda x: where(1 - x, x / (1 - x), sp.oo),
    }


def _readable(sp: Any) -> dict[Callable[..., Any], Callable[..., Any]]:
    """Return for each shape a twin that prints as its name."""
    named = {name: sp.Function(name) for name in ("hill", "hinge", "odds", "rectify")}
    twins = {getattr(functions, name): twin for name, twin in named.items()}
    return twins | {functions.exp: sp.exp, functions.power: lambda x, n: sp.sympify(x) ** n}


def _copy(function: Callable[..., Any], twins: Mapping[Any, Any]) -> Callable[..., Any]:
    """Return the function with the shapes replaced, also in functions that it may call."""
    names = dict(function.__globals__)
    for name, value in list(names.items()):
        if isinstance(value, FunctionType) and value.__module__ == function.__module__:
            names[name] = FunctionType(value.__code__, names, name, None, value.__closure__)
        elif callable(value) and value.__hash__ and value in twins:
            names[name] = twins[value]
    code, closure = function.__code__, function.__closure__
    return FunctionType(code, names, function.__name__, None, closure)


def _read(
    sp: Any, function: Callable[..., Any], addresses: Mapping[str, Any], twins: Mapping[Any, Any]
) -> Any:
    """Return the value of an equation for symbols, an expression or a tuple of them."""
    code = function.__code__
    arguments = code.co_varnames[: code.co_argcount]
    value = _copy(function, twins)(*(addresses.get(a, _symbol(sp, a)) for a in arguments))
    if isinstance(value, tuple):
        return tuple(_tidy(sp, sp.sympify(v)) for v in value)
    return _tidy(sp, sp.sympify(value))


def _rates(
    sp: Any, mechanism: Mechanism, addresses: Mapping[str, Any], twins: Mapping[Any, Any]
) -> tuple[Any, ...]:
    """Return the rates of a mechanism's states.

    Raises
    ------
    ModelError
        if their number is not that of the states
    """
    rates = () if mechanism.rates is None else _read(sp, mechanism.rates, addresses, twins)
    rates = rates if isinstance(rates, tuple) else (rates,)
    if len(rates) != len(mechanism.states):
        states = len(mechanism.states)
        raise ModelError(f"{mechanism.name}: rates returns {len(rates)} values, not {states}")
    return rates


def _tidy(sp: Any, expression: Any) -> Any:
    """Return the expression with whole floating-point numbers as integers: 1 for 1.0."""
    integers = {f: sp.Integer(int(f)) for f in expression.atoms(sp.Float) if float(f).is_integer()}
    return expression.xreplace(integers)


def _latex_name(name: str) -> str:
    r"""Return a symbol in LaTeX: ``k_on`` with a subscript, longer words upright.

    Words are set with spaces, because Markdown takes ``\_`` for an escape of its own.

    Examples
    --------
    >>> _latex_name("k_on"), _latex_name("alpha_W"), _latex_name("total_mor_drive")
    ('k_{\\text{on}}', '\\alpha_{W}', '\\text{total mor drive}')
    """
    if numbered := re.fullmatch(r"([A-Za-z]|" + "|".join(GREEK) + r")(\d+)", name):
        return f"{_latex_name(numbered[1])}_{{{numbered[2]}}}"
    head, *rest = name.split("_")
    if len(head) > 2 and head not in GREEK:
        return rf"\text{{{name.replace('_', ' ')}}}"
    stem = rf"\{head}" if head in GREEK else head if len(head) == 1 else rf"\text{{{head}}}"
    if not rest:
        return stem
    below = rest[0] if len(rest) == 1 and len(rest[0]) == 1 else rf"\text{{{' '.join(rest)}}}"
    return f"{stem}_{{{below}}}"


def shapes(mechanisms: Iterable[Mechanism]) -> list[str]:
    """Return the descriptions of the shapes that these mechanisms' formulae may show."""
    printed = "\n".join(plain(mechanism) for mechanism in mechanisms)
    return [text for name, text in SHAPES_TEXT.items() if name == "power" or f"{name}(" in printed]
