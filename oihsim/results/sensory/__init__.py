"""Virtual quantitative sensory tests: what a test of pain would measure in each subject.

A test is a :class:`SensoryTest` declared in a file of this folder: the outputs that it reads, its
gain, its spread over people, its noise and its cut-off, each number with its source. The folder is
the registry: a declaration in any file here is a test, and ``NAMES`` and ``TESTS`` list it. Files
whose name begins with an underscore declare none.

The model has one spinal transmission and three outputs of it. Behaviour in ice water is further
away: each person has a threshold, opioids show more or less in a test than sensitisation does, the
same hand is pulled out a little earlier on another day, and the clock stops at a cut-off.

A research and teaching model: no value of a test here is a norm to judge a patient by.

Examples
--------
>>> import oihsim.results.sensory
>>> "cold_pressor_tolerance" in oihsim.results.sensory.NAMES
True
"""

from __future__ import annotations

from oihsim.results.sensory._area import AreaTest
from oihsim.results.sensory._inhibition import InhibitionTest
from oihsim.results.sensory._measurement import measured_tests, sensory_tests
from oihsim.results.sensory._rating import RatingTest
from oihsim.results.sensory._registry import NAMES, TESTS
from oihsim.results.sensory._repetition import Repetition
from oihsim.results.sensory._sensitisation import SensitisationTest
from oihsim.results.sensory._test import SensoryTest
from oihsim.results.sensory._threshold import ThresholdTest

__all__ = [
    "NAMES",
    "TESTS",
    "AreaTest",
    "InhibitionTest",
    "RatingTest",
    "Repetition",
    "SensitisationTest",
    "SensoryTest",
    "ThresholdTest",
    "measured_tests",
    "sensory_tests",
]
