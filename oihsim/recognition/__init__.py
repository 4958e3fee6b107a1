"""Recognition: from noisy observations only, which clinical picture fits a simulated patient.

:func:`recognise` needs no simulator. The definition of what is true is in
:mod:`oihsim.recognition.truth`, the statistics in :mod:`oihsim.recognition.classifier`, and the
virtual patients it was fitted to are made by :mod:`oihsim.virtual_clinic`.
"""

from oihsim.recognition.observations import OBSERVATIONS, Observation
from oihsim.recognition.recogniser import Recognition, recognise
from oihsim.recognition.truth import PICTURES, true_picture

__all__ = ["OBSERVATIONS", "PICTURES", "Observation", "Recognition", "recognise", "true_picture"]
