"""NMDA receptor: channel block, phosphorylation (N, days) and structural change (L, months).

Calcium entry J is what glutamate and kinase, together, pass through channels that no blocker
holds; 0 when naive. Ca4-calmodulin makes the response steep, so a modest dose has no effect, and
a rebound of glutamate on withdrawal, with kinase still active, has a large one.
"""

from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State
from oihsim.model.shapes import hill


def block(total_nmda_drive, total_opioid_nmda_drive, w_opioid_nmda):
    return 1.0 / (1.0 + total_nmda_drive + w_opioid_nmda * total_opioid_nmda_drive)


def J(block, G, K, p_K):
    return block * G * (1.0 + p_K * K) - 1.0


def rates(N, L, J, J50, h_J, k_on, k_off, k_L_on, k_L_off):
    dN = k_on * hill(J, J50, h_J) * (1.0 - N) - k_off * N
    dL = k_L_on * N * N * (1.0 - L) - k_L_off * L
    return dN, dL


NMDA = Mechanism(
    name="nmda",
    meaning="sensitisation of spinal NMDA receptors and the lasting change that follows",
    states=(
        State("N", "nmda_sensitisation", 0.0, "1",
            "phosphorylated fraction of NMDA receptors, early potentiation", typical=0.3),
        State("L", "late_sensitisation", 0.0, "1", "late, structural sensitisation", typical=0.1),
    ),
    outputs=(
        Output("block", "nmda_unblocked", "1", "fraction of NMDA channels left open", block),
        Output("J", "nmda_calcium", "1", "calcium entry beyond that of the naive state", J),
    ),
    parameters=(
        Parameter("p_K", 4.0, "1", "gain of the NMDA current at full kinase activity",
            "chu2012", "fitted", low=1.8, high=8.9),
        Parameter("J50", 2.5, "1",
            "calcium entry for half-maximal sensitisation (none at 78 mg/d of morphine)",
            "chu2012", "fitted", low=1.1, high=5.6, cv=0.3),
        Parameter("h_J", 4.0, "1", "steepness, from the four calcium ions of calmodulin",
            low=1.8, high=8.9),
        Parameter("k_on", 2.0, "1/h", "fastest sensitisation",
            "gu2009", "fitted", low=0.74, high=5.4, cv=0.3),
        Parameter("k_off", 0.0193, "1/h",
            "recovery (half-life of 36 h: hyperalgesia lasts 2 to 5 days)",
            "celerier2000", "fitted", low=0.0071, high=0.052),
        Parameter("k_L_on", 0.003, "1/h", "onset of late sensitisation at full early sensitisation",
            "pud2006", "fitted", low=0.0009, high=0.01),
        Parameter("k_L_off", 0.00048, "1/h",
            "recovery of late sensitisation (half-life of 60 days)",
            "treister2012", "fitted", low=0.00014, high=0.0016),
        Parameter("w_opioid_nmda", 1.0, "1",
            "whether the block claimed for some opioids counts (contested for methadone)",
            "gorman1997", low=0.0, high=1.0),
    ),
    rates=rates,
    references=("drdla2009", "gu2009", "zhao2008", "gorman1997", "levinstein2024"),
)  # fmt: skip
