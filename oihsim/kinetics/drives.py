"""The drives: all that the body learns about drugs. Each is a sum over all ligands on board.

Concentrations are those at the effect site, in nM, divided by a constant of the same unit, so a
drive is a pure number (two are rates). A drive is 0 without drug, smooth, and never negative.
Only the sums enter the body, so competition for a receptor needs no special case. Sessions of
therapy and injuries have amounts instead of concentrations, and the same sums.

Agents that act on input, facilitation or release give a pair of drives, the sum of C/EC50 and that
of Emax C/EC50. Their effect, stimulus/(1 + drive), treats them as competing for one site: a single
agent has the usual Emax model, several add up at low doses and never pass the largest Emax.
"""

from oihsim.model.parameter import Drive

DRIVES = (
    Drive("total_mor_drive", "1",
        "sum of C/KD at the mu receptor over the ligands that bind at quasi-equilibrium"),
    Drive("total_mor_stimulus", "1",
        "the same sum, each ligand weighted by its intrinsic efficacy e (DAMGO = 1)"),
    Drive("total_mor_stimulus_arrestin", "1",
        "the same sum, each ligand weighted by its arrestin-type efficacy"),
    Drive("total_mor_desensitising", "1/h", "the same sum, each ligand weighted by the "
        "desensitisation rate k_des it causes when bound"),
    Drive("total_mor_internalising", "1/h", "the same sum, each ligand weighted by the "
        "internalisation rate k_int it causes when bound"),
    Drive("slow_drive_1", "1", "C/KD of the first slowly binding ligand"),
    Drive("slow_drive_2", "1", "C/KD of the second slowly binding ligand"),
    Drive("total_nmda_drive", "1", "sum of C/IC50 over the NMDA-receptor blockers"),
    Drive("total_opioid_nmda_drive", "1",
        "sum of C/IC50 over opioids for which a block of the NMDA receptor is claimed"),
    Drive("total_kappa_drive", "1",
        "sum of C/K over ligands that keep dynorphin from the kappa receptor"),
    Drive("total_glial_drive", "1",
        "sum of C/K over ligands that excite microglia apart from the mu receptor (M3G)"),
    Drive("total_injury_drive", "1",
        "sum of C times gain over injuries: what they add to the odds of the pain rating"),
    Drive("total_nonopioid_drive", "1", "sum of C/EC50 over what takes away nociceptive input"),
    Drive("total_nonopioid_stimulus", "1",
        "the same sum, each weighted by the part of the input it takes away at most, Emax"),
    Drive("total_descending_drive", "1",
        "sum of C/EC50 over what keeps descending facilitation from the cord"),
    Drive("total_descending_stimulus", "1", "the same sum, each weighted by its Emax"),
    Drive("total_release_drive", "1",
        "sum of C/EC50 over what takes away facilitated glutamate release (gabapentinoids)"),
    Drive("total_release_stimulus", "1", "the same sum, each weighted by its Emax"),
)  # fmt: skip
