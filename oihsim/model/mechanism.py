"""A mechanism: one process, its symbols and its equations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from oihsim.model.parameter import Output, Parameter, State


@dataclass(frozen=True)
class Mechanism:
    """One process of the body.

    Parameters
    ----------
    name : noun of physiology; the first half of every address (``nmda.k_on``)
    meaning : one sentence
    states : quantities that the solver integrates, each with its initial value
    outputs : quantities computed from states and drives, each with its equation
    parameters : private to this mechanism
    rates : plain function that returns the time derivatives of ``states`` in their order, 1/h
        times the unit of the state: one number for one state, a tuple for several
    references : keys in ``references.bib``, sources of the form of the equations

    An argument of an equation is, in this order: a parameter of this mechanism; a state or an
    output of any mechanism; a drive.

    Examples
    --------
    >>> from oihsim.model.parameter import Parameter, State
    >>> def rates(A, k): return -k * A
    >>> decay = Mechanism("decay", "loss", rates=rates,
    ...     states=[State("A", "amount", 1.0, "1", "amount left")],
    ...     parameters=[Parameter("k", 0.1, "1/h", "rate of loss")])
    >>> decay.rates(2.0, 0.1)
    -0.2
    """

    name: str
    meaning: str
    states: Sequence[State] = ()
    outputs: Sequence[Output] = ()
    parameters: Sequence[Parameter] = ()
    rates: Callable[..., Any] | None = None
    references: Sequence[str] = field(default=())
