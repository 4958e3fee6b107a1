"""Virtual quantitative sensory tests: what a test of pain would measure in each subject.

One file here is one test, and its ``TEST`` says everything about it: what it reads of the model,
its own gain, its spread over people, its noise and its cut-off, each number with its source. The
folder is the registry: a new file is a new test, and ``NAMES`` and ``TESTS`` list it. Files whose
name begins with an underscore are not tests.

The model knows one spinal transmission and three read-outs of it. What a person does in ice water
is further away: a threshold of one's own, a scale on which opioids show more or less than
sensitisation does, a hand that is pulled out a little earlier today, and a clock that stops.

A research and teaching model: no value of a test here is a norm to judge a patient by.

Examples
--------
>>> import oihsim.results.sensory
>>> "cold_pressor_tolerance" in oihsim.results.sensory.NAMES
True
"""

from __future__ import annotations

from oihsim.results.sensory._area import AreaTest
from oihsim.results.sensory._measurement import measured_tests, sensory_tests
from oihsim.results.sensory._registry import NAMES, TESTS
from oihsim.results.sensory._test import SensoryTest
from oihsim.results.sensory._threshold import ThresholdTest

__all__ = [
    "NAMES",
    "TESTS",
    "AreaTest",
    "SensoryTest",
    "ThresholdTest",
    "measured_tests",
    "sensory_tests",
]
