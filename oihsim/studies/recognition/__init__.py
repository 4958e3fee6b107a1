"""Recognition: from noisy observations only, which clinical picture fits a simulated patient.

:func:`recognise` needs no simulator. The definition of what is true is in
:mod:`oihsim.studies.recognition.truth`, the statistics in
:mod:`oihsim.studies.recognition.classifier`, and the virtual patients it was fitted to are made by
:mod:`oihsim.studies.recognition.clinic`.
"""

from oihsim.studies.recognition.clinical_observations import OBSERVATIONS, ClinicalObservation
from oihsim.studies.recognition.recogniser import Recognition, recognise
from oihsim.studies.recognition.truth import PICTURES, true_picture

__all__ = [
    "OBSERVATIONS",
    "PICTURES",
    "ClinicalObservation",
    "Recognition",
    "recognise",
    "true_picture",
]
