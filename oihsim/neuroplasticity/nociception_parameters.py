"""Numbers of nociception: gain of analgesia, weights of the five limbs, read-outs.

Between-subject spread (``cv``), here and in the other mechanisms: slopes of opioid analgesia in
volunteers vary by 36 to 60 % (luginbuhl2001), which the spread of ``tau`` carries; the 0.3 on a few
onset rates and weights is assumed, and all other parameters are the same in every subject.
"""

from oihsim.parameter import Parameter

ANALGESIA = (
    Parameter(
        "tau",
        20.0,
        "1",
        "gain of analgesia when naive (fentanyl in the mouse: 58; slopes in man vary by 36-60 %)",
        source="sirohi2008",
        low=7.4,
        high=54.0,
        cv=0.4,
    ),
    Parameter(
        "alpha_W",
        11.3,
        "1",
        "loss of gain by slow superactivation (EC50 x 1.72 after a month of morphine, 78 mg/d)",
        source="chu2012",
        evidence="fitted",
        low=6.2,
        high=20.6,
        cv=0.3,
    ),
    Parameter(
        "alpha_N",
        0.8,
        "1",
        "loss of gain by NMDA sensitisation",
        source="dunbar1996",
        evidence="fitted",
        low=0.2,
        high=3.2,
    ),
)

SENSITISATION = (
    Parameter(
        "x_N",
        0.8,
        "1",
        "weight of early NMDA sensitisation",
        source="celerier2000",
        evidence="fitted",
        low=0.24,
        high=2.7,
    ),
    Parameter("x_L", 0.8, "1", "weight of late sensitisation", low=0.24, high=2.7),
    Parameter(
        "x_D",
        0.35,
        "1",
        "weight of dynorphin",
        source="vanderah2000",
        evidence="fitted",
        low=0.11,
        high=1.2,
    ),
    Parameter(
        "x_F",
        0.4,
        "1",
        "weight of descending facilitation",
        source="vanderah2001",
        evidence="fitted",
        low=0.12,
        high=1.3,
    ),
    Parameter(
        "x_C",
        0.8,
        "1",
        "weight of the loss of KCC2",
        source="ferrini2013",
        evidence="fitted",
        low=0.24,
        high=2.7,
    ),
    Parameter(
        "s_S",
        0.45,
        "1",
        "gain of transmission per unit of expressed sensitisation (cold tolerance about halved)",
        source="pud2006",
        evidence="fitted",
        low=0.14,
        high=1.5,
        cv=0.3,
    ),
    Parameter(
        "eta",
        1.25,
        "1",
        "how far limbs add up to more than their sum, at least 1",
        source="vanderah2001",
        evidence="fitted",
        low=1.0,
        high=4.2,
    ),
    Parameter(
        "rho",
        0.7,
        "1",
        "part of NMDA-dependent sensitisation that complete block hides",
        source="koppert2003",
        low=0.17,
        high=1.0,
    ),
    Parameter(
        "kapfrac",
        0.3,
        "1",
        "part of the effect of dynorphin that a kappa antagonist removes",
        low=0.0,
        high=0.6,
    ),
    Parameter("gating", 0.0, "1", "expression: 0 additive, 1 gated", low=0.0, high=1.0),
    Parameter(
        "gate_power",
        0.25,
        "1",
        "exponent of the gate; 1/4 is the geometric mean of four limbs, 1/2 a stricter gate",
        low=0.25,
        high=0.5,
    ),
    Parameter(
        "D_full",
        2.0,
        "1",
        "dynorphin above naive that counts as full in the gate",
        low=0.6,
        high=6.6,
    ),
    Parameter(
        "C_full", 0.55, "1", "loss of KCC2 that counts as full in the gate", low=0.11, high=1.0
    ),
)

READ_OUTS = (
    Parameter(
        "s_X",
        1.0,
        "1",
        "gain of transmission per unit of excess cyclic AMP",
        source="comelon2016",
        evidence="fitted",
        low=0.25,
        high=4.1,
    ),
    Parameter(
        "phi",
        0.6,
        "1",
        "part of sensitisation that opioid analgesia reaches (opioid efficacy falls)",
        source="vanderah2000",
        low=0.15,
        high=1.0,
    ),
    Parameter(
        "e_test",
        0.9,
        "1",
        "efficacy of the virtual test opioid (as remifentanil; recalled, unconfirmed)",
        source="chu2012",
        low=0.75,
        high=1.0,
    ),
    Parameter("p0", 4.0, "1", "pain rating without drug or sensitisation", low=2.0, high=7.0),
    Parameter("q", 1.0, "1", "slope of log threshold on log transmission", low=0.5, high=1.5),
)

PARAMETERS = (*ANALGESIA, *SENSITISATION, *READ_OUTS)
"""All of them, in the order of the tables."""
