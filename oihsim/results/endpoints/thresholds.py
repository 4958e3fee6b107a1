"""Endpoints of tolerance, hyperalgesia and the pain threshold."""

from oihsim.results.endpoints._endpoint import Endpoint
from oihsim.results.endpoints._reductions import last

TOLERANCE_LAST = Endpoint(
    name="tolerance_last",
    reads="tolerance_index",
    reduce=last,
    unit="1",
    long_name="tolerance index at the end (1 = drug-naive)",
    better="lower",
    meaning="how many times the EC50 of a test dose has grown, at the last output time",
    definition="the ratio of the EC50 of a virtual test dose now to that in the drug-naive state. "
    "The ratio is infinite where no dose reaches half of the naive effect; tables keep infinite "
    "values in medians, leave them out of means and count them.",
    source="chu2012, who read tolerance as the shift of remifentanil's potency",
    example={0: 1.0, 6: 1.5, 24: 1.75},
    gives=1.75,
)

HYPERALGESIA_LAST = Endpoint(
    name="hyperalgesia_last",
    reads="hyperalgesia_index",
    reduce=last,
    unit="1",
    long_name="hyperalgesia index at the end (0 = drug-naive)",
    better="lower",
    meaning="sensitisation left at the last output time: 0 is drug-naive",
    definition="the fall of the pain threshold with no ligand on board and cAMP at its set point, "
    "so that neither relief by the drug nor withdrawal from it is counted.",
    source="descriptive; a sensory test after a washout long enough for withdrawal to have passed "
    "comes nearest",
    example={0: 0.0, 6: 0.1, 24: 0.25},
    gives=0.25,
)

THRESHOLD_DRUG_FREE_LAST = Endpoint(
    name="threshold_drug_free_last",
    reads="drug_free_threshold",
    reduce=last,
    unit="1",
    long_name="drug-free pain threshold at the end (1 = drug-naive)",
    better="higher",
    meaning="threshold that would be read with no ligand on board, at the last output time",
    definition="the threshold relative to the drug-naive one with every ligand absent and all "
    "adaptations as they are; below 1 means hyperalgesia, dependence or both.",
    source="descriptive; the model's counterpart of quantitative sensory testing, although no "
    "clinic can read a threshold without drug while the drug is still there",
    example={0: 1.0, 6: 0.9, 24: 0.75},
    gives=0.75,
)
