"""Numbers printed by a separate implementation of OIH-21, to be met to the last digit."""

# 60 days of constant morphine (38 nM = 78 mg/d), pain read from a curve of ten doses a decade:
# variant -> changed parameters, (minimum, dose of the minimum), pain at 78, 300, 1000, 4000 mg/d
DOSE_PAIN = {
    "full": ({}, (3.05, 100.0), (3.07, 4.61, 4.80, 4.76)),
    "phi = 1": ({"nociception.phi": 1.0}, (3.01, 100.0), (3.04, 4.19, 4.20, 4.07)),
    "no M3G": ({"microglia.w_m3g": 0.0}, (3.02, 100.0), (3.04, 4.55, 4.74, 4.72)),
    "no NMDA limb": (
        {"nociception.x_N": 0.0, "nociception.x_L": 0.0},
        (3.00, 100.0),
        (3.05, 3.35, 3.35, 3.31),
    ),
    "no low-gain limb": ({"nociception.s_S": 0.0}, (2.19, 3981.0), (2.95, 2.64, 2.35, 2.19)),
    "no tolerance": (
        {"nociception.alpha_W": 0.0, "nociception.alpha_N": 0.0},
        (2.54, 126.0),
        (2.68, 3.62, 3.63, 3.56),
    ),
}

# pain after 60 days at these doses, mg/d, for other values of the shape
SHAPE_DOSES = (0.0, 20.0, 40.0, 78.0, 150.0, 300.0, 1000.0, 4000.0)
SHAPES = {
    "default": ({}, (4.00, 3.53, 3.28, 3.07, 3.40, 4.62, 4.80, 4.76)),
    "h_J = 2": (
        {"nmda.h_J": 2.0, "nmda.J50": 4.0},
        (4.00, 3.56, 3.50, 4.09, 4.61, 4.77, 4.78, 4.75),
    ),
    "h_J = 1": (
        {"nmda.h_J": 1.0, "nmda.J50": 20.0},
        (4.00, 4.08, 4.37, 4.58, 4.67, 4.71, 4.72, 4.70),
    ),
    "eta = 1": (
        {"nociception.eta": 1.0, "nociception.s_S": 0.40},
        (4.00, 3.55, 3.31, 3.11, 3.38, 4.23, 4.27, 4.20),
    ),
    "fast recovery of N": (
        {"nmda.k_off": 3 * 0.0193},
        (4.00, 3.53, 3.28, 3.05, 3.01, 4.09, 4.73, 4.73),
    ),
    "tau = 50": ({"nociception.tau": 50.0}, (4.00, 2.99, 2.56, 2.23, 2.54, 3.83, 4.02, 4.00)),
    "tau = 8": ({"nociception.tau": 8.0}, (4.00, 3.81, 3.70, 3.62, 4.02, 5.21, 5.43, 5.43)),
    "zeta = 0": (
        {"receptor_trafficking.zeta": 0.0},
        (4.00, 3.53, 3.28, 3.05, 3.16, 4.30, 4.67, 4.65),
    ),
}

# 30 days: mg/d, MK-801 nM, states put back to baseline (endogenous tone stays) ->
# EC50 shift, drug-free sensitisation, 1/(1 + sensitisation), lowest pain of any test dose
HYPERALGESIA_STATES = ("K", "U", "G", "N", "L", "F", "D", "M", "KC")
TOLERANCE_STATES = ("R_s", "R_d", "R_i", "Q", "W")
SEPARATE = {
    "naive": (0.0, 0.0, (), (1.00, 0.00, 1.00, 0.40)),
    "78 mg/d": (78.0, 0.0, (), (1.73, 0.05, 0.95, 0.78)),
    "150 mg/d": (150.0, 0.0, (), (2.54, 0.25, 0.80, 1.49)),
    "600 mg/d": (600.0, 0.0, (), (6.90, 1.24, 0.45, 3.86)),
    "600 mg/d, MK-801": (600.0, 100.0, (), (4.00, 0.22, 0.82, 1.67)),
    "pure tolerance": (600.0, 0.0, HYPERALGESIA_STATES, (4.93, 0.00, 1.00, 1.26)),
    "pure hyperalgesia": (600.0, 0.0, TOLERANCE_STATES, (1.56, 1.24, 0.45, 3.12)),
}

# 60 days at 292 nM without M3G, then withdrawal over weeks, in steps of 12 h ->
# peak pain, day of it, peak cAMP, threshold on days 7, 28, 90 and 150; 4.74 on the last day of drug
WITHDRAWAL = {
    0: (6.45, 1.1, 1.42, (0.72, 0.93, 0.98, 0.99)),
    1: (5.71, 7.2, 1.23, (0.51, 0.92, 0.98, 0.99)),
    4: (4.78, 7.8, 1.07, (0.73, 0.75, 0.97, 0.99)),
    12: (4.75, 10.3, 1.02, (0.74, 0.74, 0.94, 0.98)),
}

# 7 days of morphine at 500 nM: sensitivity 1/(1 + Z) on days 1, 3, 5, 7, 10, 14, 21, and EC50 shift
INFUSION_DAYS = (1, 3, 5, 7, 10, 14, 21)
INFUSION = {
    "morphine": ({}, 0.0, (0.84, 0.63, 0.56, 0.52, 0.62, 0.78, 0.89), 9.1),
    "MK-801 throughout": ({}, 100.0, (0.98, 0.91, 0.86, 0.83, 0.80, 0.92, 0.98), 5.0),
    "no prodynorphin": (
        {"dynorphin.d_max": 0.0},
        0.0,
        (0.84, 0.66, 0.62, 0.59, 0.73, 0.86, 0.92),
        9.1,
    ),
    "no microglia": (
        {"microglia.k_on": 0.0},
        0.0,
        (0.84, 0.65, 0.59, 0.56, 0.66, 0.80, 0.89),
        9.1,
    ),
}
# sensitivity 3 h after the start of an intervention on day 6
INTERVENTIONS = {
    "dynorphin.antiserum": 0.60,
    "descending.rvm_block": 0.59,
    "microglia.kcc2_enhancer": 0.57,
}

# naive analgesia E0, drug, IC50 of NMDA block nM, kappa, arrestin-type efficacy -> after 60 days:
# nM, occupancy, E, sensitisation, pain, EC50 shift, peak pain after an abrupt stop, NMDA block
INF = float("inf")
DRUGS = (
    (0.5, "morphine", INF, True, 0, (38.57, 0.07, 0.38, 0.06, 3.07, 1.74, 4.33, 0.00)),
    (0.5, "fentanyl", INF, True, 0, (1.76, 0.06, 0.38, 0.04, 3.04, 1.75, 4.33, 0.00)),
    (0.5, "methadone", 2500.0, True, 0, (333.33, 0.05, 0.38, 0.03, 3.02, 1.76, 4.04, 0.12)),
    (0.5, "methadone", 8000.0, True, 0, (333.33, 0.05, 0.37, 0.04, 3.04, 1.78, 4.04, 0.04)),
    (0.5, "methadone", 25000.0, True, 0, (333.33, 0.05, 0.37, 0.04, 3.05, 1.79, 4.04, 0.01)),
    (0.5, "methadone", INF, True, 0, (333.33, 0.05, 0.37, 0.04, 3.06, 1.80, 4.04, 0.00)),
    (0.5, "buprenorphine", INF, True, 0, (0.65, 0.20, 0.39, 0.04, 3.02, 1.68, 4.05, 0.00)),
    (0.5, "buprenorphine", INF, True, 1, (0.65, 0.20, 0.39, 0.01, 2.94, 1.67, 4.07, 0.00)),
    (0.5, "fentanyl", INF, True, 1, (1.76, 0.06, 0.38, 0.06, 3.07, 1.76, 4.34, 0.00)),
    (0.7, "morphine", INF, True, 0, (99.47, 0.16, 0.45, 0.70, 4.12, 3.30, 5.45, 0.00)),
    (0.7, "fentanyl", INF, True, 0, (4.47, 0.13, 0.45, 0.64, 4.05, 3.35, 5.41, 0.00)),
    (0.7, "methadone", 2500.0, True, 0, (840.0, 0.12, 0.48, 0.09, 2.79, 2.82, 4.10, 0.25)),
    (0.7, "methadone", 8000.0, True, 0, (840.0, 0.12, 0.46, 0.21, 3.15, 3.11, 4.12, 0.10)),
    (0.7, "methadone", 25000.0, True, 0, (840.0, 0.12, 0.45, 0.41, 3.61, 3.36, 4.24, 0.03)),
    (0.7, "methadone", INF, True, 0, (840.0, 0.12, 0.44, 0.54, 3.89, 3.51, 4.36, 0.00)),
    (0.7, "buprenorphine", INF, True, 0, (2.27, 0.47, 0.46, 0.63, 3.98, 3.01, 4.50, 0.00)),
    (0.7, "buprenorphine", INF, False, 0, (2.27, 0.47, 0.46, 0.65, 4.02, 3.01, 4.49, 0.00)),
    (0.7, "buprenorphine", INF, True, 1, (2.27, 0.47, 0.50, 0.04, 2.61, 2.58, 4.16, 0.00)),
    (0.7, "fentanyl", INF, True, 1, (4.47, 0.13, 0.44, 0.81, 4.34, 3.49, 5.61, 0.00)),
    (0.8, "morphine", INF, True, 0, (196.36, 0.27, 0.49, 1.20, 4.75, 5.40, 6.26, 0.00)),
    (0.8, "fentanyl", INF, True, 0, (8.57, 0.22, 0.49, 1.14, 4.69, 5.58, 6.23, 0.00)),
    (0.8, "methadone", 2500.0, True, 0, (1600.0, 0.21, 0.53, 0.13, 2.71, 4.25, 4.14, 0.39)),
    (0.8, "methadone", 8000.0, True, 0, (1600.0, 0.21, 0.49, 0.56, 3.76, 5.33, 4.47, 0.17)),
    (0.8, "methadone", 25000.0, True, 0, (1600.0, 0.21, 0.47, 0.93, 4.44, 6.05, 4.80, 0.06)),
    (0.8, "methadone", INF, True, 0, (1600.0, 0.21, 0.46, 1.06, 4.64, 6.32, 4.89, 0.00)),
    (0.8, "buprenorphine", INF, True, 0, (10.40, 0.80, 0.51, 1.08, 4.53, 4.62, 4.98, 0.00)),
    (0.8, "buprenorphine", INF, False, 0, (10.40, 0.80, 0.51, 1.15, 4.63, 4.61, 4.99, 0.00)),
    (0.8, "buprenorphine", INF, True, 1, (10.40, 0.80, 0.55, 0.15, 2.69, 3.80, 4.22, 0.00)),
    (0.8, "fentanyl", INF, True, 1, (8.57, 0.22, 0.48, 1.19, 4.76, 5.64, 6.28, 0.00)),
)

# day after an abrupt stop of 60 days at 292 nM: threshold, 1/(1 + Z), lowest threshold under
# naloxone (300 nM in plasma), L, V
RECOVERY = {
    1: (0.37, 0.47, 0.30, 0.84, 0.71),
    3: (0.48, 0.55, 0.40, 0.82, 0.69),
    7: (0.72, 0.68, 0.58, 0.79, 0.60),
    14: (0.89, 0.78, 0.75, 0.73, 0.44),
    28: (0.93, 0.84, 0.82, 0.62, 0.30),
    60: (0.96, 0.89, 0.88, 0.43, 0.20),
    90: (0.98, 0.93, 0.92, 0.30, 0.14),
    120: (0.99, 0.95, 0.95, 0.21, 0.10),
    150: (0.99, 0.97, 0.97, 0.15, 0.06),
    240: (1.00, 0.99, 0.99, 0.05, 0.02),
}

# naloxone (300 nM in plasma) after 30 days at 150 mg/d: pain before, peak pain, peak cAMP
PRECIPITATED = (3.32, 5.51, 1.51)

# early sensitisation N after 400 days of constant morphine, nM
SWEEP = {5: 0.00, 30: 0.01, 50: 0.07, 73: 0.25, 90: 0.44, 110: 0.62, 150: 0.80, 300: 0.95}
