"""Areas of secondary hyperalgesia to a pin.

They lie around heated skin with capsaicin, painful electrodes or a small incision of the forearm.
"""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._area import LIMIT, NOISE, AreaTest

HYPERALGESIA_AREA_CAPSAICIN = AreaTest(
    name="hyperalgesia_area_capsaicin", modality="hyperalgesia_area", unit="cm**2", better="lower",
    meaning="area of hyperalgesia to a pin around capsaicin",
    baseline=Parameter("baseline", 60.0, "cm**2", "median of naive people",
        low=30.0, high=120.0, cv=0.5),
    noise=NOISE, cut_off=LIMIT,
    references=("koppert2003",),
)  # fmt: skip

HYPERALGESIA_AREA_ELECTRICAL = AreaTest(
    name="hyperalgesia_area_electrical", modality="hyperalgesia_area", unit="cm**2", better="lower",
    meaning="area of hyperalgesia to a pin around electrical stimulation",
    baseline=Parameter("baseline", 35.1, "cm**2",
        "median and spread of the mean and SD of twelve volunteers (43.6, 32.1 cm²)",
        "koppert2001", "derived", low=22.0, high=55.0, cv=0.736),
    noise=NOISE, cut_off=LIMIT,
    references=("koppert2003",),
)  # fmt: skip

HYPERALGESIA_AREA_INCISION = AreaTest(
    name="hyperalgesia_area_incision", modality="hyperalgesia_area", unit="cm**2", better="lower",
    meaning="area of hyperalgesia to a pin around an incision",
    baseline=Parameter("baseline", 15.0, "cm**2", "median of naive people, an incision of 4 mm",
        low=5.0, high=40.0, cv=0.5),
    noise=NOISE, cut_off=LIMIT,
    references=("koppert2003",),
)  # fmt: skip
