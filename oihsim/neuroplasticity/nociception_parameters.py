"""Numbers of nociception: gain of analgesia, weights of the five limbs, pain and its tests.

Between-subject spread (``cv``), here and in the other mechanisms: slopes of opioid analgesia in
volunteers vary by 36 to 60 % (luginbuhl2001), which the spread of ``tau`` carries; the 0.3 on a few
onset rates and weights is assumed, and all other parameters are the same in every subject.
"""

from oihsim.model.parameter import Parameter

ANALGESIA = (
    Parameter("tau", 20.0, "1",
        "gain of analgesia when naive (fentanyl in the mouse: 58; slopes in man vary by 36-60 %)",
        "sirohi2008", low=7.4, high=54.0, cv=0.4),
    Parameter("alpha_W", 24.15, "1",
        "loss of gain by slow superactivation (EC50 x 1.72 after a month of morphine, 78 mg/d)",
        "chu2012", "fitted", low=13.0, high=44.0, cv=0.3),
    Parameter("alpha_N", 0.8, "1", "loss of gain by NMDA sensitisation",
        "dunbar1996", "fitted", low=0.2, high=3.2),
)  # fmt: skip

SENSITISATION = (
    Parameter("x_N", 0.2, "1", "weight of early NMDA sensitisation apart from the gate",
        low=0.0, high=0.8),
    Parameter("x_L", 0.8, "1", "weight of late sensitisation", low=0.24, high=2.7),
    Parameter("x_D", 0.35, "1", "weight of dynorphin",
        "vanderah2000", "fitted", low=0.11, high=1.2),
    Parameter("x_F", 0.4, "1", "weight of descending facilitation",
        "vanderah2001", "fitted", low=0.12, high=1.3),
    Parameter("x_C", 0.8, "1", "weight of the loss of KCC2",
        "ferrini2013", "fitted", low=0.24, high=2.7),
    Parameter("s_S", 0.55, "1",
        "gain of transmission per unit of expressed sensitisation (cold tolerance about halved)",
        "pud2006", "fitted", low=0.17, high=1.8, cv=0.3),
    Parameter("eta", 1.25, "1", "how far limbs add up to more than their sum, at least 1",
        "vanderah2001", "fitted", low=1.0, high=4.2),
    Parameter("rho", 0.9, "1",
        "part of gated sensitisation that complete NMDA block hides (near-complete in animals)",
        low=0.3, high=1.0),
    Parameter("kapfrac", 0.3, "1",
        "part of the effect of dynorphin that a kappa antagonist removes", low=0.0, high=0.6),
    Parameter("x_S", 0.2, "1",
        "gain of transmission by full late sensitisation that neither gate nor NMDA block reaches",
        "treister2012", "fitted", low=0.05, high=0.8),
    Parameter("gating", 1.0, "1", "expression: 0 additive, 1 gated", low=0.0, high=1.0),
    Parameter("gate_power", 0.25, "1",
        "exponent of the gate; 1/4 is the geometric mean of four limbs, 1/2 a stricter gate",
        low=0.25, high=0.5),
    Parameter("D_full", 2.0, "1", "dynorphin above naive that counts as full in the gate",
        low=0.6, high=6.6),
    Parameter("C_full", 0.55, "1", "loss of KCC2 that counts as full in the gate",
        low=0.11, high=1.0),
)  # fmt: skip

PAIN_AND_TESTS = (
    Parameter("s_X", 5.2, "1",
        "gain of affective transmission per unit of excess cyclic AMP (cold pressor)",
        "comelon2016", "fitted", low=1.3, high=21.0),
    Parameter("x_T", 0.5, "1",
        "weight of late sensitisation in pain tolerance beyond its weight in pain",
        "pud2006", "fitted", low=0.1, high=1.5),
    Parameter("s_W", 1.0, "1",
        "gain of transmission when withdrawal excites every spinal neurone (heat)",
        "comelon2016", "fitted", low=0.5, high=4.0),
    Parameter("w_det", 0.05, "1",
        "part of sensitisation and withdrawal that the detection threshold feels",
        "treister2012", "fitted", low=0.0, high=0.3),
    Parameter("phi", 0.6, "1",
        "part of sensitisation that opioid analgesia reaches (opioid efficacy falls)",
        "vanderah2000", low=0.15, high=1.0),
    Parameter("e_test", 0.9, "1",
        "efficacy of the virtual test opioid (as remifentanil; recalled, unconfirmed)",
        "chu2012", low=0.75, high=1.0),
    Parameter("p0", 4.0, "1", "pain rating without drug or sensitisation", low=2.0, high=7.0),
    Parameter("q", 1.0, "1", "slope of log threshold on log transmission", low=0.5, high=1.5),
)  # fmt: skip

PARAMETERS = (*ANALGESIA, *SENSITISATION, *PAIN_AND_TESTS)
"""All of them, in the order of the tables."""
