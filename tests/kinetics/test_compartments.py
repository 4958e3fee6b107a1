"""The rate matrix against closed forms, and amounts that neither appear nor vanish."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.linalg import expm
from scipy.special import gammainc

from oihsim.drugs import load_drug
from oihsim.files.errors import ModelError
from oihsim.kinetics.compartments import OUT, EffectSite, Flow, assemble

VALID = Path(__file__).parent.parent / "drugs" / "valid"
UNITY = np.ones(1)
TIMES = np.array([0.0, 0.05, 0.7, 3.0, 11.0, 40.0])


def amounts(kinetics, start, t, rate=None):
    """Amounts at ``t`` from amounts ``start`` at 0 under a constant ``rate`` of input."""
    A = kinetics.A[0]
    n = len(A)
    larger = np.zeros((n + 1, n + 1))
    larger[:n, :n] = A
    larger[:n, n] = 0.0 if rate is None else rate
    return (expm(larger * t) @ np.append(start, 1.0))[:n]


def unit(kinetics, name):
    return kinetics.B[0, kinetics.inputs.index(name)]


def mammillary(V1, CL, *peripheral, ke0=0.5, ka=None):
    """A body of a central and some peripheral compartments, (Q, V) each."""
    names = ["central"] + [f"p{i}" for i in range(len(peripheral))]
    flows = [Flow("central", OUT, UNITY * CL / V1)]
    for i, (Q, V) in enumerate(peripheral):
        flows += [Flow("central", f"p{i}", UNITY * Q / V1), Flow(f"p{i}", "central", UNITY * Q / V)]
    inputs = ["central"]
    if ka is not None:
        names, inputs = ["depot", *names], ["depot", "central"]
        flows.append(Flow("depot", "central", UNITY * ka))
    return assemble(
        names, flows, inputs, [EffectSite("x", "central", UNITY * V1, UNITY * ke0, 1.0)]
    )


def roots(V1, CL, *peripheral):
    """Rate constants of the exponentials of a mammillary body: roots of its polynomial."""
    k10 = CL / V1
    out = np.poly1d([1.0, k10 + sum(Q / V1 for Q, _ in peripheral)])
    product = np.poly1d(1.0)
    for Q, V in peripheral:
        product = product * np.poly1d([1.0, Q / V])
    polynomial = out * product
    for Q, V in peripheral:
        others = np.poly1d(1.0)
        for Q2, V2 in peripheral:
            if (Q2, V2) != (Q, V):
                others = others * np.poly1d([1.0, Q2 / V2])
        polynomial = polynomial - (Q / V1) * (Q / V) * others
    return -np.sort(polynomial.roots.real)


def weights(V1, CL, *peripheral):
    """Exponents and coefficients of the amount in the central compartment after a unit bolus."""
    lam = roots(V1, CL, *peripheral)
    coefficients = []
    for i, a in enumerate(lam):
        above = np.prod([Q / V - a for Q, V in peripheral]) if peripheral else 1.0
        below = np.prod([b - a for j, b in enumerate(lam) if j != i])
        coefficients.append(above / below)
    return lam, np.array(coefficients)


BODIES = [
    (10.0, 4.0),
    (10.0, 4.0, (8.0, 25.0)),
    (4.62, 81.45, (48.8, 9.52), (77.4, 118.0)),
]


@pytest.mark.parametrize("body", BODIES)
def test_bolus(body):
    kinetics = mammillary(*body)
    lam, c = weights(*body)
    for t in TIMES:
        x = amounts(kinetics, unit(kinetics, "central"), t)
        assert x[0] == pytest.approx(c @ np.exp(-lam * t), rel=1e-10, abs=1e-14)


@pytest.mark.parametrize("body", BODIES)
def test_infusion(body):
    kinetics = mammillary(*body)
    lam, c = weights(*body)
    rate, duration = 3.0, 2.0
    for t in TIMES:
        on = min(t, duration)
        expected = rate * np.sum(c / lam * (np.exp(-lam * (t - on)) - np.exp(-lam * t)))
        during = amounts(kinetics, np.zeros(len(kinetics.A[0])), on, rate * kinetics.B[0, 0])
        x = amounts(kinetics, during, t - on)
        assert x[0] == pytest.approx(expected, rel=1e-10, abs=1e-14)


@pytest.mark.parametrize("body", BODIES)
def test_oral(body):
    ka = 1.7
    kinetics = mammillary(*body, ka=ka)
    lam, c = weights(*body)
    for t in TIMES:
        expected = np.sum(c * ka / (ka - lam) * (np.exp(-lam * t) - np.exp(-ka * t)))
        x = amounts(kinetics, unit(kinetics, "depot"), t)
        assert x[1] == pytest.approx(expected, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("body", BODIES)
def test_effect_site(body):
    ke0 = 0.9
    kinetics = mammillary(*body, ke0=ke0)
    lam, c = weights(*body)
    for t in TIMES:
        parts = c * ke0 / (ke0 - lam) * (np.exp(-lam * t) - np.exp(-ke0 * t)) / body[0]
        x = amounts(kinetics, unit(kinetics, "central"), t)
        assert x[-1] == pytest.approx(parts.sum(), rel=1e-9, abs=1e-13)
        assert kinetics.C[0, 0] @ x == pytest.approx(x[-1])
        assert kinetics.plasma[0, 0] @ x == pytest.approx(x[0] / body[0])


def typical(name):
    drug = load_drug(VALID / f"{name}.yaml")
    return drug, drug.typical()


def test_file_with_a_depot_and_a_lag():
    drug, values = typical("depot_with_lag")
    kinetics = drug.kinetics(values)
    [(index, amount, lag, duration)] = drug.route_inputs("oral", values, 50.0)
    assert (kinetics.inputs[index], float(amount[0]), float(lag[0]), duration) == (
        "depot",
        0.6,
        0.5,
        None,
    )
    ka, k, dose = 1.5, 6 / 30, 50.0
    for t in (0.5, 1.0, 4.0):
        x = amounts(kinetics, dose * amount[0] * kinetics.B[0, index], t - lag[0])
        expected = 0.6 * dose * ka / (ka - k) * (np.exp(-k * (t - 0.5)) - np.exp(-ka * (t - 0.5)))
        assert x[1] == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_file_with_a_transit_chain_is_an_erlang_delay():
    drug, values = typical("transit_chain_equal_rates")
    kinetics = drug.kinetics(values)
    ktr, k = 0.1 * 60, 6 / 30
    assert kinetics.compartments[:6] == ("depot", "central", "gut1", "gut2", "gut3", "gut4")

    def inflow(t):  # five stages from the depot to the end of the chain
        return ktr * (ktr * t) ** 4 / 24 * np.exp(-ktr * t)

    for t in (0.1, 0.5, 1.0, 3.0):
        x = amounts(kinetics, unit(kinetics, "depot"), t)
        expected = quad(lambda s, t=t: inflow(s) * np.exp(-k * (t - s)), 0, t, epsabs=1e-13)[0]
        assert x[1] == pytest.approx(expected, rel=1e-9)
        remaining = x[0] + x[2:6].sum()
        assert remaining == pytest.approx(1.0 - gammainc(5, ktr * t), rel=1e-9)


def test_file_with_zero_order_absorption():
    drug, values = typical("zero_order_absorption")
    kinetics = drug.kinetics(values)
    inputs = drug.route_inputs("oral", values, 2.0)
    assert [float(duration[0]) for *_, duration in inputs] == [1.5, 6.0]
    # 1 mg of 400 g/mol is 2500 nmol, a quarter of it by the first input
    assert [float(amount[0]) for _, amount, *_ in inputs] == pytest.approx([625.0, 1875.0])
    k = 6 / 30
    at_6 = 0.0
    start = np.zeros(2)
    for (_, amount, _, duration), end in zip(inputs, (1.5, 6.0), strict=True):
        rate = 2.0 * amount[0] / duration[0]
        at_6 += rate / k * (np.exp(-k * (6.0 - end)) - np.exp(-k * 6.0))
    both = sum(2.0 * a[0] / d[0] for _, a, _, d in inputs)
    second = 2.0 * inputs[1][1][0] / 6.0
    x = amounts(kinetics, start, 1.5, both * kinetics.B[0, 0])
    x = amounts(kinetics, x, 4.5, second * kinetics.B[0, 0])
    assert x[0] == pytest.approx(at_6, rel=1e-12)
    assert drug.worn == ("patch",)


def test_file_with_a_metabolite():
    drug, values = typical("parent_and_metabolite")
    kinetics = drug.kinetics(values)
    k, km, fm = 6 / 30, 3 / 20, 0.3
    for t in (0.3, 2.0, 9.0):
        x = amounts(kinetics, unit(kinetics, "central"), t)
        expected = fm * k / (km - k) * (np.exp(-k * t) - np.exp(-km * t))
        assert x[1] == pytest.approx(expected, rel=1e-10)
        # amounts are in umol: one umol/L is 1000 nM whatever the molar mass
        assert kinetics.plasma[0, 1] @ x == pytest.approx(1000 * expected / 20)


rates = st.floats(0.0, 50.0)


@st.composite
def networks(draw):
    count = draw(st.integers(1, 6))
    names = [f"c{i}" for i in range(count)]
    flows = []
    for origin in names:
        flows.append(Flow(origin, OUT, np.array([draw(rates), draw(rates)])))
        flows.extend(
            Flow(origin, target, np.array([draw(rates), draw(rates)]))
            for target in names
            if target != origin and draw(st.booleans())
        )
    return names, flows


@settings(max_examples=80, deadline=None)
@given(networks())
def test_mass_is_conserved(network):
    """What leaves a compartment enters another or the outside; effect sites take nothing."""
    names, flows = network
    two = np.ones(2)
    site = EffectSite("x", names[0], 5 * two, 0.3 * two, 1.0)
    kinetics = assemble(names, flows, names, [site])
    body = kinetics.A[:, : len(names), : len(names)]
    for i, name in enumerate(names):
        leaving = sum((f.rate for f in flows if f.origin == name and f.target == OUT), 0 * two)
        np.testing.assert_allclose(body[:, :, i].sum(axis=1), -leaving, atol=1e-9)
    off_diagonal = kinetics.A - np.einsum("nii,ij->nij", kinetics.A, np.eye(len(names) + 1))
    assert (off_diagonal >= 0).all()
    assert (kinetics.A[:, : len(names), -1] == 0).all()


@settings(max_examples=40, deadline=None)
@given(st.floats(0.1, 9), st.floats(0.1, 9), st.floats(0, 5), st.floats(0.1, 20))
def test_superposition(first, second, gap, later):
    kinetics = mammillary(*BODIES[2], ka=1.1)
    depot, central = unit(kinetics, "depot"), unit(kinetics, "central")
    x = amounts(kinetics, first * depot, gap) + second * central
    together = amounts(kinetics, x, later)
    apart = amounts(kinetics, first * depot, gap + later)
    apart = apart + amounts(kinetics, second * central, later)
    np.testing.assert_allclose(together, apart, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize(
    ("rate", "volume", "ke0", "message"),
    [
        ([1.0, -0.1], 5.0, 1.0, "rate of flow a → out is -0.1 in subject 1"),
        ([1.0, np.nan], 5.0, 1.0, "is nan in subject 1"),
        ([np.inf, 1.0], 5.0, 1.0, "is inf in subject 0"),
        ([1.0, 1.0], 0.0, 1.0, "volume of a is 0 in subject 0"),
        ([1.0, 1.0], 5.0, 0.0, "ke0 of x is 0 in subject 0"),
    ],
)
def test_impossible_values_name_the_subject(rate, volume, ke0, message):
    two = np.ones(2)
    with pytest.raises(ModelError, match=message):
        assemble(
            ["a"],
            [Flow("a", OUT, np.array(rate))],
            ["a"],
            [EffectSite("x", "a", volume * two, ke0 * two, 1.0)],
        )
