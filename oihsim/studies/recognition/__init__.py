"""Recognition: the clinical picture of a simulated patient, from noisy observations only.

:func:`recognise` needs no simulator. :mod:`oihsim.studies.recognition.truth` defines the true
picture, :mod:`oihsim.studies.recognition.classifier` holds the statistics, and
:mod:`oihsim.studies.recognition.clinic` makes the virtual patients that they were fitted to.
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
